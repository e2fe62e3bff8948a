"""How a client comes in: OAuth 2.0 grants, the SOAP login, and the tokens that they give.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flows.htm
"""

import html
from base64 import b64decode
from collections.abc import Mapping
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

import jwt
from starlette.responses import JSONResponse, PlainTextResponse, Response

from autoresponder_dagster_tests.emulators.salesforce.org import ORG_ID, USER_ID

HOST = "emulated.my.salesforce.com"
CLIENT_ID, CLIENT_SECRET = "emulator-client", "emulator-client-secret"
USERNAME, PASSWORD, SECURITY_TOKEN = "pipeline@example.org", "pass&word<1>", "token<&>"
REFRESH_TOKEN = "5Aep861.emulated-refresh-token"
JWT_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com", f"https://{HOST}")
NEWEST_SOAP_LOGIN = 64.0
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class _RefusedError(Exception):
    """A grant that is not given: error and description."""


class Logins:
    """The tokens of an org. ``public_key`` (PEM) is that of the connected app, for JWT bearer."""

    def __init__(self) -> None:
        self.access_token = f"{ORG_ID[:15]}!emulated-session"
        self.instance_url: str | None = None
        """Where every client is sent; by default to the My Domain, and one that came by another host back there."""
        self.public_key = ""
        self.is_refusing = False
        """Give no token any more, as for a user who was locked out."""

    def expire(self) -> None:
        """Make every token given so far invalid."""
        self.access_token += "+"

    def home(self, came_by: str) -> str:
        """Return the instance URL for a client that came by this URL (empty: by the org's own)."""
        return self.instance_url or came_by or f"https://{HOST}"

    def token(self, body: bytes, authorization: str, came_by: str) -> Response:
        """``POST /services/oauth2/token``."""
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        scheme, _, basic = authorization.partition(" ")
        pair = b64decode(basic).decode().partition(":")[::2] if scheme == "Basic" else ()
        client = pair or (form.get("client_id"), form.get("client_secret"))
        try:
            self._check(form, client)
        except _RefusedError as error:
            name, description = error.args
            return JSONResponse({"error": name, "error_description": description}, 400)
        return JSONResponse(
            {
                "access_token": self.access_token,
                "instance_url": self.home(came_by),
                "id": f"{self.home(came_by)}/id/{ORG_ID}/{USER_ID}",
                "token_type": "Bearer",
                "issued_at": "1790000000000",
                "signature": "c2lnbmF0dXJl",
            }
        )

    def _check(self, form: Mapping[str, str], client: tuple[str | None, ...]) -> None:
        grant = form.get("grant_type")
        if self.is_refusing:
            raise _RefusedError("invalid_grant", "authentication failure")
        if grant == _JWT_GRANT:
            self._check_assertion(form.get("assertion", ""))
            return
        if grant not in ("client_credentials", "refresh_token", "password"):
            raise _RefusedError("unsupported_grant_type", "grant type not supported")
        needs_no_secret = grant == "refresh_token" and client[1:] in ((None,), ("",))
        if client[0] != CLIENT_ID or not (needs_no_secret or client[1] == CLIENT_SECRET):
            raise _RefusedError("invalid_client", "invalid client credentials")
        if grant == "refresh_token" and form.get("refresh_token") != REFRESH_TOKEN:
            raise _RefusedError("invalid_grant", "expired access/refresh token")
        if grant == "password" and (form.get("username"), form.get("password")) != (
            USERNAME,
            PASSWORD + SECURITY_TOKEN,
        ):
            raise _RefusedError("invalid_grant", "authentication failure")

    def _check_assertion(self, assertion: str) -> None:
        try:
            claims = jwt.decode(assertion, self.public_key, algorithms=["RS256"], audience=list(JWT_AUDIENCES))
        except jwt.InvalidAudienceError:
            raise _RefusedError("invalid_grant", "audience is invalid") from None
        except jwt.PyJWTError:
            raise _RefusedError("invalid_grant", "invalid assertion") from None
        if (claims.get("iss"), claims.get("sub")) != (CLIENT_ID, USERNAME):
            raise _RefusedError("invalid_grant", "user hasn't approved this consumer")

    def soap(self, version: str, body: bytes, came_by: str) -> Response:
        """``POST /services/Soap/u/<version>``: the login of old; gone from 65.0 on."""
        if float(version) > NEWEST_SOAP_LOGIN:
            return _soap_fault("UNSUPPORTED_API_VERSION", "login() is not available in this version")
        try:
            elements = ET.fromstring(body).iter()
        except ET.ParseError:
            return _soap_fault("UNKNOWN_EXCEPTION", "The request is not XML")
        login = {element.tag.rpartition("}")[2]: element.text for element in elements}
        # Who names the org comes from a trusted network, and needs no security token.
        password = PASSWORD if login.get("organizationId") == ORG_ID else PASSWORD + SECURITY_TOKEN
        is_known = (login.get("username"), login.get("password")) == (USERNAME, password)
        if self.is_refusing or not is_known:
            return _soap_fault("INVALID_LOGIN", "Invalid username, password, security token; or user locked out.")
        return PlainTextResponse(
            "<soapenv:Envelope xmlns:soapenv='http://schemas.xmlsoap.org/soap/envelope/'><soapenv:Body><loginResponse>"
            f"<result><serverUrl>{self.home(came_by)}/services/Soap/u/{version}/{ORG_ID[:15]}</serverUrl>"
            f"<sessionId>{html.escape(self.access_token)}</sessionId><userId>{USER_ID}</userId>"
            f"<userInfo><organizationId>{ORG_ID}</organizationId><userId>{USER_ID}</userId></userInfo>"
            "</result></loginResponse></soapenv:Body></soapenv:Envelope>",
            media_type="text/xml",
        )


def _soap_fault(code: str, message: str) -> Response:
    return PlainTextResponse(
        '<Fault xmlns:sf="urn:fault.partner.soap.sforce.com">'
        f"<faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring>"
        f"<sf:exceptionCode>{code}</sf:exceptionCode><sf:exceptionMessage>{message}</sf:exceptionMessage></Fault>",
        500,
        media_type="text/xml",
    )
