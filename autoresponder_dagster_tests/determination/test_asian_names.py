"""Names in Chinese and Japanese text are found by their surname and by what stands beside them."""

import pytest

from autoresponder_dagster.determination.asian_names import asian_names, is_persons, name_at_start, shares_initial
from autoresponder_dagster.determination.mailboxes import names_match
from autoresponder_dagster.determination.people import identity_of


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("今后由陈晓燕接手", ["陈晓燕"]),
        ("李明已离职", ["李明"]),
        ("請改與陳曉燕小姐聯絡", ["陳曉燕"]),
        ("接替我的是欧阳静，电话不变", ["欧阳静"]),
        ("高级经理已离职", []),
        ("任何问题请联系我", []),
        ("由于域名变更", []),
        ("業務は鈴木一郎が引き継いでおります", ["鈴木一郎"]),
        ("後任は梶原 美咲です", ["梶原 美咲"]),
        ("休業中は倉持（a.kuramochi@firm.example）まで", ["倉持"]),
        ("担当の宇佐美様まで", ["宇佐美"]),
        ("福島へ出張しております", []),
        ("総務部（soumu@firm.example）まで", []),
    ],
)
def test_names_are_found_where_a_person_is_meant(text, names):
    assert [text[name.start : name.end] for name in asian_names(text)] == names


def test_a_name_at_the_beginning_needs_no_neighbour():
    assert name_at_start("秦岚") == "秦岚"
    assert name_at_start("業務") is None


@pytest.mark.parametrize(
    ("sender", "text", "is_named"),
    [
        ("佐藤 健一", "佐藤は退職しました", True),
        ("佐藤 健一", "佐藤美咲は退職しました", False),
        ("Kenichi Sato", "佐藤は退職しました", True),
        ("王建国", "王建國已離職", True),
        ("王建国", "王总上个月已离职", True),
        ("王建国", "王芳已离职", False),
    ],
)
def test_the_sender_is_known_by_surname_and_a_namesake_is_not(sender, text, is_named):
    assert identity_of("sato@firm.example", sender).is_named_in(text) == is_named


def test_a_mailbox_name_fits_a_surname_as_a_word_of_it():
    assert names_match("chenxy@firm.example", "陈晓燕")
    assert names_match("t.suzuki@firm.example", "鈴木一郎")
    assert not names_match("qiaomusen@firm.example", "齐海燕")


def test_a_mailbox_name_fits_a_surname_as_it_is_written_in_taiwan_and_hong_kong():
    assert names_match("cs.hung@firm.example", "洪振聲")
    assert names_match("tsang.kk@firm.example", "曾國強")
    assert names_match("clho@firm.example", "何正龍")
    assert not names_match("wong.kk@firm.example", "曾國強")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("服部 健司", True),
        ("渡部 敏夫", True),
        ("総務部", False),
        ("教務課", False),
        ("郑家属", False),
        ("妻より", False),
    ],
)
def test_an_office_or_a_family_is_no_person(name, expected):
    assert is_persons(name) == expected


def test_an_office_that_writes_from_a_mailbox_speaks_of_its_owner():
    assert identity_of("hasegawa.t@firm.example", "人事課").is_named_in("長谷川 徹は退職しました")
    assert not identity_of("hasegawa.t@firm.example", "人事課").is_named_in("瀬川 徹は退職しました")


def test_two_mailbox_names_of_one_person_share_surname_and_initial():
    assert shares_initial("chejp1968", "chejianping", "车建平")
    assert not shares_initial("chejp1968", "cheming", "车建平")
