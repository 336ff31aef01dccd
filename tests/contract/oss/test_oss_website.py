"""A bucket as a website, through the official oss2 SDK and as a browser sees it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import oss2
import pytest
import requests
from oss2.models import BucketWebsite, Condition, ConditionInlcudeHeader, Redirect, RoutingRule

from tests.contract.oss.server import LocalOss


def browse(cloud: LocalOss, bucket: Any, path: str, headers: dict[str, str] | None = None) -> requests.Response:
    return requests.get(f"{cloud.endpoint}/{bucket.bucket_name}/{path}", headers=headers, allow_redirects=False, timeout=10)


def configure(bucket: Any, inside: str) -> None:
    bucket.put_bucket_website(f"<WebsiteConfiguration>{inside}</WebsiteConfiguration>")


INDEX = "<IndexDocument><Suffix>index.html</Suffix>{}</IndexDocument>"
ERROR = "<ErrorDocument><Key>error.html</Key></ErrorDocument>"


@pytest.fixture
def site(bucket: Any) -> Any:
    bucket.put_bucket_acl("public-read")
    for key in ("index.html", "error.html", "dir/index.html", "page.html"):
        bucket.put_object(key, key.encode())
    bucket.put_bucket_website(BucketWebsite("index.html", "error.html"))
    return bucket


@pytest.mark.contract("PutBucketWebsite of OSS: anonymous requests for the bucket get the index document, signed ones the listing")
def test_the_root_of_a_site(cloud: LocalOss, site: Any) -> None:
    assert browse(cloud, site, "").text == "index.html"
    assert len(site.list_objects().object_list) == 4
    site.delete_bucket_website()
    assert b"<ListBucketResult>" in browse(cloud, site, "").content
    with pytest.raises(oss2.exceptions.NoSuchWebsite):
        site.get_bucket_website()


@pytest.mark.contract("PutBucketWebsite of OSS: the error document for what is not there, with status 404; SDKs get the XML")
def test_what_is_not_there(cloud: LocalOss, site: Any) -> None:
    answer = browse(cloud, site, "nowhere.html")
    assert (answer.status_code, answer.text) == (404, "error.html")
    assert browse(cloud, site, "page.html").text == "page.html"
    with pytest.raises(oss2.exceptions.NoSuchKey):
        site.get_object("nowhere.html")
    site.delete_object("error.html")
    assert b"<Code>NoSuchKey</Code>" in browse(cloud, site, "nowhere.html").content


@pytest.mark.contract(
    "PutBucketWebsite of OSS (ALIYUN::OSS::Website): SupportSubDir and Type, for directories with and without their slash"
)
@pytest.mark.parametrize(
    ("below", "path", "status", "text"),
    [
        ("", "dir/", 200, "index.html"),
        ("", "dir", 404, "error.html"),
        ("<SupportSubDir>true</SupportSubDir>", "dir/", 200, "dir/index.html"),
        ("<SupportSubDir>true</SupportSubDir>", "none/", 404, "error.html"),
        ("<SupportSubDir>true</SupportSubDir><Type>0</Type>", "dir", 302, ""),
        ("<SupportSubDir>true</SupportSubDir><Type>1</Type>", "dir", 404, "error.html"),
        ("<SupportSubDir>true</SupportSubDir><Type>2</Type>", "dir", 200, "dir/index.html"),
    ],
)
def test_directories(cloud: LocalOss, site: Any, below: str, path: str, status: int, text: str) -> None:
    configure(site, INDEX.format(below) + ERROR)
    answer = browse(cloud, site, path)
    assert (answer.status_code, answer.text) == (status, text)
    if status == 302:
        assert answer.headers["Location"] == f"/{site.bucket_name}/dir/"


@pytest.mark.contract("oss2 tests/test_website.py and RoutingRule of PutBucketWebsite: where rules lead")
def test_routing_rules(cloud: LocalOss, site: Any) -> None:
    header = ConditionInlcudeHeader("x-from", "old")
    rules = [
        RoutingRule(3, Condition("a/", 404), Redirect("External", True, None, "b/", "https", "www.example.com", 301)),
        RoutingRule(1, Condition("a/x", 404, [header]), Redirect("AliCDN", False, "${key}.html", None, "http", "cdn.example.com", 307)),
        RoutingRule(2, Condition("in/", 404), Redirect("Internal", replace_key_with="page.html")),
        RoutingRule(4, Condition("m/", 404), Redirect("Mirror", mirror_url="http://127.0.0.1:1/")),
    ]
    site.put_bucket_website(BucketWebsite("index.html", "error.html", rules))
    assert len(site.get_bucket_website().rules) == 4
    by_prefix = browse(cloud, site, "a/x%20y?q=1")
    assert (by_prefix.status_code, by_prefix.headers["Location"]) == (301, "https://www.example.com/b/x%20y?q=1")
    by_header = browse(cloud, site, "a/x", {"x-from": "old"})
    assert (by_header.status_code, by_header.headers["Location"]) == (307, "http://cdn.example.com/a/x.html")
    assert browse(cloud, site, "in/side").text == "page.html"
    assert browse(cloud, site, "m/irror").text == "error.html"
    site.put_object("a/x", b"there")
    assert browse(cloud, site, "a/x").text == "there"


@pytest.mark.contract("house rule: a site shows no object that its reader may not read, and no rule can split a reply")
def test_a_site_is_no_way_around_an_acl(cloud: LocalOss, site: Any) -> None:
    site.put_object_acl("index.html", oss2.OBJECT_ACL_PRIVATE)
    site.put_object_acl("error.html", oss2.OBJECT_ACL_PRIVATE)
    assert browse(cloud, site, "").status_code == 403
    assert browse(cloud, site, "dir/").status_code == 403
    assert b"error.html" not in browse(cloud, site, "nowhere").content
    rule = RoutingRule(1, Condition("a/", 404), Redirect("External", None, "${key}", None, "http", "example.com", 302))
    site.put_bucket_website(BucketWebsite("index.html", "error.html", [rule]))
    answer = browse(cloud, site, quote("a/\r\nSet-Cookie: x=1"))
    assert answer.status_code == 302
    assert "Set-Cookie" not in answer.headers
    site.put_bucket_acl("private")
    assert browse(cloud, site, "page.html").status_code == 403


@pytest.mark.contract("PutBucketWebsite of OSS: what is refused")
@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<IndexDocument><Suffix></Suffix></IndexDocument>",
        "<IndexDocument><Suffix>a/b</Suffix></IndexDocument>",
        "<ErrorDocument><Key></Key></ErrorDocument>",
        "<RoutingRules><RoutingRule><RuleNumber>0</RuleNumber><Condition/><Redirect><RedirectType>Internal</RedirectType></Redirect>"
        "</RoutingRule></RoutingRules>",
        "<RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Condition/><Redirect><RedirectType>Odd</RedirectType></Redirect>"
        "</RoutingRule></RoutingRules>",
        "<RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Condition/><Redirect><RedirectType>Mirror</RedirectType>"
        "<MirrorURL>http://a.example/</MirrorURL></Redirect></RoutingRule></RoutingRules>",
        "<RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Condition/><Redirect><RedirectType>External</RedirectType>"
        "<HttpRedirectCode>200</HttpRedirectCode></Redirect></RoutingRule></RoutingRules>",
        "<RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Condition/><Redirect><RedirectType>External</RedirectType>"
        "<HostName>a b\r\nX: y</HostName></Redirect></RoutingRule></RoutingRules>",
    ],
)
def test_websites_that_are_refused(bucket: Any, inside: str) -> None:
    with pytest.raises((oss2.exceptions.MalformedXml, oss2.exceptions.InvalidArgument)):
        configure(bucket, inside)
