import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresponder_dagster.clients.salesforce.domain import normalize_domain
from autoresponder_dagster.errors import ConfigurationError


@pytest.mark.parametrize(
    ("value", "host"),
    [
        (None, "login.salesforce.com"),
        ("", "login.salesforce.com"),
        ("login", "login.salesforce.com"),
        ("test", "test.salesforce.com"),
        ("https://login.salesforce.com/", "login.salesforce.com"),
        ("acme", "acme.my.salesforce.com"),
        (" Acme ", "acme.my.salesforce.com"),
        ("acme.my", "acme.my.salesforce.com"),
        ("acme.my.salesforce.com", "acme.my.salesforce.com"),
        ("ACME.my.salesforce.com:443", "acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com", "acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com/", "acme.my.salesforce.com"),
        ("https://yourcompany.salesforce.com", "yourcompany.my.salesforce.com"),
        ("acme--uat", "acme--uat.sandbox.my.salesforce.com"),
        ("acme--uat.sandbox", "acme--uat.sandbox.my.salesforce.com"),
        ("acme--uat.sandbox.my", "acme--uat.sandbox.my.salesforce.com"),
        ("https://acme--uat.sandbox.my.salesforce.com", "acme--uat.sandbox.my.salesforce.com"),
        ("acme--uat.cs5.my.salesforce.com", "acme--uat.cs5.my.salesforce.com"),
        ("acme-dev-ed.develop.my.salesforce.com", "acme-dev-ed.develop.my.salesforce.com"),
        ("https://acme.lightning.force.com", "acme.my.salesforce.com"),
        ("acme--uat.sandbox.lightning.force.com", "acme--uat.sandbox.my.salesforce.com"),
        ("acme.my.salesforce-setup.com", "acme.my.salesforce.com"),
        ("na139.salesforce.com", "na139.salesforce.com"),
    ],
)
def test_every_accepted_form_means_one_host(value, host):
    assert normalize_domain(value) == host
    assert normalize_domain(host) == host


@pytest.mark.parametrize(
    "value",
    [
        "acme.my.salesforce.com.salesforce.com",
        "acme.my.salesforce.com.evil.example",
        "acme.my.salesforce.com@evil.example",
        "https://user:secret@acme.my.salesforce.com",
        "https://evil.example",
        "http://acme.my.salesforce.com",
        "ftp://acme.my.salesforce.com",
        "https://https://acme.my.salesforce.com",
        "https://acme.my.salesforce.com/services/data",
        "https://acme.lightning.force.com/lightning/page/home",
        "https://acme.my.salesforce.com?x=1",
        "https://acme.my.salesforce.com#top",
        "acme.my.salesforce.com:8443",
        "acme.my.salesforce.com:port",
        "www.salesforce.com",
        "help.salesforce.com",
        "salesforce.com",
        "my.salesforce.com",
        ".my.salesforce.com",
        "acme..my",
        "acme_x",
        "-acme",
        "acme corp",
        "127.0.0.1",
        "[::1]",
        "localhost",
        "localhost:8080",
        "None",
        "аcme.my.salesforce.com",  # the first letter is Cyrillic
        "https://",
        "/",
    ],
)
def test_nonsense_is_refused_in_the_words_of_the_guide(value):
    with pytest.raises(ConfigurationError, match=r"^Invalid instance URL: "):
        normalize_domain(value)


def test_a_password_in_the_value_is_not_repeated():
    with pytest.raises(ConfigurationError) as refused:
        normalize_domain("https://user:hunter2@acme.my.salesforce.com")
    assert "hunter2" not in str(refused.value)


@settings(deadline=None)
@given(st.text(alphabet=string.ascii_letters + string.digits + ".-/:@#?_ éа", max_size=60))
def test_whatever_is_accepted_is_a_salesforce_host(text):
    try:
        host = normalize_domain(text)
    except ConfigurationError:
        return
    assert host.endswith(".salesforce.com")
    assert set(host) <= set(string.ascii_lowercase + string.digits + ".-")
    assert normalize_domain(host) == host
