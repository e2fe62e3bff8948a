r"""Folding: the spelling-tolerant form of a text in which lexicon patterns are matched.

Belongs here: character-level normalisation that keeps offsets. Folded text is lower-case and without
accents and has exactly the length of the original, so that a match in it names a span of the original.
Traditional Chinese characters fold to simplified ones, so that the lexicon says each thing once.
Latin letters fold to ASCII, which makes ``\\b`` and ``\\w`` mean the same in ``re`` and in RE2.
"""

import re
import unicodedata

_REPLACED = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u02bc": "'", "\u00b4": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
    "\u00df": "s", "\u0142": "l", "\u0141": "l", "\u00f8": "o", "\u00d8": "o", "\u0131": "i",
    "\u00e6": "e", "\u00c6": "e", "\u0153": "e", "\u0152": "e", "\u0111": "d", "\u0110": "d",
    "\u00f0": "d", "\u00fe": "t", "\u00ba": "o", "\u00aa": "a",
}  # fmt: skip
_TRADITIONAL = (
    "這個們來為與於從時間會後將對發電郵聯繫絡請謝職離辭調經總監長業務單員門開關閉學習師書記處辦國際協該邊還進過達運選"
    "遷遠連週復覆養產喪醫療傷歲歷曆號碼網絲續繼給終結統級組線編緊緒約紀紅納純紙細紹縣績織維聞聲舊樣機構權條極標樓橋檔"
    "檢歡歸殘氣決沒準滿漢潔澤濟灣無煩熱爾爺獎獨獲現環畢畫異當盡盤眾確礙禮種稱積穩窩競筆節範築簡簽籌糧緬罷羅義聖聽肅腦"
    "臺興舉莊華萬葉蓋蔣藍藝薦蘇蘭虛衛術衝裝裡補製複規視親覺覽觀計訂討訓託訊設許訴診註詐評詞詢試詩話詳認語誠誤說課誰論"
    "諸諾謀講謹證識譯議護讀變讓豐財責貨貴費資賓賀質賬帳賴購贈趙軍較載輔輛輝輪轄轉辯農遞遲適遺鄒鄧鄭釋鈴銀銷鋒錄錢錯鍾"
    "鐘鎮鏡鐵陳陸陽隊階隨險雙雖雜難雲靜韓頁項順須預領頭題額顧顯類風飛飯館馬駐駕駿騙體魯鮑鳴鳳鴻鶴麗麥黃點黨齊齡龍龐龔"
    "劃劉創動勞勢勵區參呂問啟喬嚴團園圖圓執報場塊壓壯夢夥奪奮婦孫實審寫寬寶專尋導層屬岡島崗嶺帶幫幣庫廠廣廳張強彈彥徑"
    "徹恆悅惡愛態慶慮憑應懷戶戰掛換據擇擔擬擁損撥攜敗敘數斷暫東楊榮楓樂樑橫歐毀湯溫滬潤濤瀏燈燒爭狀狹瓊瑋瑤璽瑪癒皺盧"
    "瞭矯碩祿禎禦穎窮竇筍紛緯練縮縱纜羨聰聶膽艷蕭薩蠟蠻裏褲詠諒諮謙譚譽貝負貢貼貿賈賢賜賞贊贏跡蹤軟輕遊遙鄉鄔醞釗鈞鈺"
    "銘錦鍵閃閆閔閣閱閻闆闊陰隸雋霧韋韻頓頒頗頻顏願飄飲飾餘駱騰驗驚鬆鬧鮮鵬麼內併並佈佔係倫偉側傑備傳債傾僅僑價儀億優"
    "儲兒兩冊凱別則剛劇劍勝匯卻廈廚僱佇衆檯訃鑑隱彙徵愼慟憶拋擴攬寧溝測減濱綠綜緣縉絕絢綺綱締緩緻繪繳罰脫臨茲莖萊蒼蓮"
    "藥蘊訪詮誌誼談諭謠車軌轟違邏銜鏈闕陣陞昇堅墊夠奧奐屆嵐巒幹嬌嫻宮婭嬋愷憲懇曉曄暉暢棟楨樺樹檸渾淚淵涇漁滙濃瑩瓏畝"
    "疊盜禍穀窺竊紜絃緹刪亞兌夾災見侶凍烏紋脈豈針隻飢鬥偽兇掃掙採捨涼淺淒淨牽覓訟販貫貪貧頂頃魚鳥喚圍堯廁廂惱揮揚棄棧"
    "殼湧湊猶稅絞腎脹詔貯買貶軸鈔閏閑閒亂傭塗塢媽搶搖暈煉煙獅瑯絹綁腸腳腫誇賊賃賄頌頑飼飽馴僕嘗塵墜壽寢嶄慣慚慘滾滯漸"
    "漲滲瘋箏綻綽綾綴綢綿誡誨誘趕遜銅銓閨閩餃餅駁儉劑厲噴墳墮廢廟憂憐憤摯撲撈撐撫敵樞毆漿潑澆潛潰窯緝膚膠蔭蝦誕豬賠賦"
    "賤賭賣踐輩輟鋪鋁銳閭鞏駝駛齒儘勳噸壇擋撿澱濁熾燙璣篤篩縫艙蕩螞螢諧謂諷貓踴輯輸遼鋼錫鋸頸頹餞鴨鴛龜償嚇嬰嶼彌戲擊"
    "擠斂檜濕濫營燦燭牆磯縷臉艱薑薔虧謎謊謄賺賽鍍鎂鍊鍋鍛顆颶騁鴿齋叢嚮壘嬸擲擾擺檳檻櫃殯瀋濾濺獵竅繕繞繡翹蟬蟲謬軀轍"
    "邇醬釐鎖闖雛雞騎鯉鵑鵝壞壟寵廬懲懶曠櫥瀟瀝瀕爍獸疇癡禱簾繩繹蟻譜轎隴韜顛鬍鯨鵲勸懸懺攔瀾爐獻癢礦礪籃糰艦藹藺蘆蘋"
    "觸贍饒饑鹹麵懼攝櫻欄爛犧籐纏襪譴躍闢饗驅鶯儼彎攤灑籠臟襲贖鑄霽顫驕髒鬚鷗巖戀曬纖纔蘿驛鱗囑壩蠶釀靈驟鷹鹽籬鑲鑰矚"
    "驢鑽鸚鬱籲囉沖吳倆倉剝勁姪恥紡紗紐脅軒釘陝貞侖俠剎帥祐偵婁捲紮逕釣傘勛喫壺証貽軻鈕馮馭嘆歎唸彷徬牠祇迴遶姍姉崑崙"
    "穌鎔鋐堦"
)
_SIMPLIFIED = (
    "这个们来为与于从时间会后将对发电邮联系络请谢职离辞调经总监长业务单员门开关闭学习师书记处办国际协该边还进过达运选"
    "迁远连周复复养产丧医疗伤岁历历号码网丝续继给终结统级组线编紧绪约纪红纳纯纸细绍县绩织维闻声旧样机构权条极标楼桥档"
    "检欢归残气决没准满汉洁泽济湾无烦热尔爷奖独获现环毕画异当尽盘众确碍礼种称积稳窝竞笔节范筑简签筹粮缅罢罗义圣听肃脑"
    "台兴举庄华万叶盖蒋蓝艺荐苏兰虚卫术冲装里补制复规视亲觉览观计订讨训托讯设许诉诊注诈评词询试诗话详认语诚误说课谁论"
    "诸诺谋讲谨证识译议护读变让丰财责货贵费资宾贺质账账赖购赠赵军较载辅辆辉轮辖转辩农递迟适遗邹邓郑释铃银销锋录钱错钟"
    "钟镇镜铁陈陆阳队阶随险双虽杂难云静韩页项顺须预领头题额顾显类风飞饭馆马驻驾骏骗体鲁鲍鸣凤鸿鹤丽麦黄点党齐龄龙庞龚"
    "划刘创动劳势励区参吕问启乔严团园图圆执报场块压壮梦伙夺奋妇孙实审写宽宝专寻导层属冈岛岗岭带帮币库厂广厅张强弹彦径"
    "彻恒悦恶爱态庆虑凭应怀户战挂换据择担拟拥损拨携败叙数断暂东杨荣枫乐梁横欧毁汤温沪润涛浏灯烧争状狭琼玮瑶玺玛愈皱卢"
    "了矫硕禄祯御颖穷窦笋纷纬练缩纵缆羡聪聂胆艳萧萨蜡蛮里裤咏谅咨谦谭誉贝负贡贴贸贾贤赐赏赞赢迹踪软轻游遥乡邬酝钊钧钰"
    "铭锦键闪闫闵阁阅阎板阔阴隶隽雾韦韵顿颁颇频颜愿飘饮饰余骆腾验惊松闹鲜鹏么内并并布占系伦伟侧杰备传债倾仅侨价仪亿优"
    "储儿两册凯别则刚剧剑胜汇却厦厨雇伫众台讣鉴隐汇征慎恸忆抛扩揽宁沟测减滨绿综缘缙绝绚绮纲缔缓致绘缴罚脱临兹茎莱苍莲"
    "药蕴访诠志谊谈谕谣车轨轰违逻衔链阙阵升升坚垫够奥奂届岚峦干娇娴宫娅婵恺宪恳晓晔晖畅栋桢桦树柠浑泪渊泾渔汇浓莹珑亩"
    "叠盗祸谷窥窃纭弦缇删亚兑夹灾见侣冻乌纹脉岂针只饥斗伪凶扫挣采舍凉浅凄净牵觅讼贩贯贪贫顶顷鱼鸟唤围尧厕厢恼挥扬弃栈"
    "壳涌凑犹税绞肾胀诏贮买贬轴钞闰闲闲乱佣涂坞妈抢摇晕炼烟狮琅绢绑肠脚肿夸贼赁贿颂顽饲饱驯仆尝尘坠寿寝崭惯惭惨滚滞渐"
    "涨渗疯筝绽绰绫缀绸绵诫诲诱赶逊铜铨闺闽饺饼驳俭剂厉喷坟堕废庙忧怜愤挚扑捞撑抚敌枢殴浆泼浇潜溃窑缉肤胶荫虾诞猪赔赋"
    "贱赌卖践辈辍铺铝锐闾巩驼驶齿尽勋吨坛挡捡淀浊炽烫玑笃筛缝舱荡蚂萤谐谓讽猫踊辑输辽钢锡锯颈颓饯鸭鸳龟偿吓婴屿弥戏击"
    "挤敛桧湿滥营灿烛墙矶缕脸艰姜蔷亏谜谎誊赚赛镀镁链锅锻颗飓骋鸽斋丛向垒婶掷扰摆槟槛柜殡沈滤溅猎窍缮绕绣翘蝉虫谬躯辙"
    "迩酱厘锁闯雏鸡骑鲤鹃鹅坏垄宠庐惩懒旷橱潇沥濒烁兽畴痴祷帘绳绎蚁谱轿陇韬颠胡鲸鹊劝悬忏拦澜炉献痒矿砺篮团舰蔼蔺芦苹"
    "触赡饶饥咸面惧摄樱栏烂牺藤缠袜谴跃辟飨驱莺俨弯摊洒笼脏袭赎铸霁颤骄脏须鸥岩恋晒纤才萝驿鳞嘱坝蚕酿灵骤鹰盐篱镶钥瞩"
    "驴钻鹦郁吁啰冲吴俩仓剥劲侄耻纺纱纽胁轩钉陕贞仑侠刹帅佑侦娄卷扎径钓伞勋吃壶证贻轲钮冯驭叹叹念仿仿它只回绕姗姊昆仑"
    "稣熔铉阶"
)
"""Traditional Chinese characters and, in the same order, their simplified forms."""
_REPLACED |= dict(zip(_TRADITIONAL, _SIMPLIFIED, strict=True))
_END_OF_LATIN = "\u0250"
_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def _fold_character(character: str) -> str:
    replaced = _REPLACED.get(character)
    if replaced is not None:
        return replaced
    wide = unicodedata.normalize("NFKC", character)
    base = unicodedata.normalize("NFD", wide if len(wide) == 1 else character)
    if len(base) > 1 and all(unicodedata.combining(mark) for mark in base[1:]) and base[0] < _END_OF_LATIN:
        base = base[0]
    elif len(base) > 1:
        base = character
    lowered = base.lower()
    return lowered if len(lowered) == 1 else base


class _Folding(dict[int, str]):
    """What each character folds to, by its number: filled as characters occur."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


_FOLDING = _Folding()
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def fold(text: str) -> str:
    """Return ``text`` lower-cased and without accents, character by character (same length)."""
    if not text.isascii():
        # Only these characters are looked up; what they fold to stays as it is when it is lower-cased.
        text = _NOT_ASCII.sub(lambda found: found.group().translate(_FOLDING), text)
    return text.lower()


def clean(text: str) -> str:
    r"""Return ``text`` composed (NFC), without control and invisible characters; line ends become ``\\n``."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    text = unicodedata.normalize("NFC", text)
    return _UNWANTED.sub("", text.replace("\u00a0", " ").replace("\u3000", " ").replace("\u2028", "\n"))


def collapse(text: str) -> str:
    """Return ``text`` on one line, with single spaces."""
    return " ".join(text.split())
