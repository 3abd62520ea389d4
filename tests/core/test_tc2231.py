"""The published cases for Content-Disposition: http://test.greenbytes.de/tech/tc2231/

Under their own names. Headers are as wget shows them: each byte above ASCII is one character of
Latin-1, or the text that UTF-8 gives. What RFC 6266 has no word for is marked.
"""

import pytest

from dlmanager.core.filenames import suggest_filename
from tests.core.safe_names import assert_safe

URL = "http://example.org/path/url.bin"
NO_NAME = "url.bin"

VALID = {
    "inlonly": ("inline", NO_NAME),
    "inlwithasciifilename": ('inline; filename="foo.html"', "foo.html"),
    "inlwithfnattach": ('inline; filename="Not an attachment!"', "Not an attachment!"),
    "inlwithasciifilenamepdf": ('inline; filename="foo.pdf"', "foo.pdf"),
    "attonly": ("attachment", NO_NAME),
    "attonlyucase": ("ATTACHMENT", NO_NAME),
    "attwithasciifilename": ('attachment; filename="foo.html"', "foo.html"),
    "attwithasciifilename25": (
        'attachment; filename="0000000000111111111122222"',
        "0000000000111111111122222",
    ),
    "attwithasciifilename35": (
        'attachment; filename="00000000001111111111222222222233333"',
        "00000000001111111111222222222233333",
    ),
    "attwithasciifnescapedchar": (r'attachment; filename="f\oo.html"', "foo.html"),
    # Quotes are not for file names everywhere.
    "attwithasciifnescapedquote": (
        r'attachment; filename="\"quoting\" tested.html"',
        "_quoting_ tested.html",
    ),
    "attwithquotedsemicolon": (
        'attachment; filename="Here\'s a semicolon;.html"',
        "Here's a semicolon;.html",
    ),
    "attwithfilenameandextparam": ('attachment; foo="bar"; filename="foo.html"', "foo.html"),
    "attwithfilenameandextparamescaped": (
        r'attachment; foo="\"\\";filename="foo.html"',
        "foo.html",
    ),
    "attwithasciifilenameucase": ('attachment; FILENAME="foo.html"', "foo.html"),
    "attwithasciifilenamenq": ("attachment; filename=foo.html", "foo.html"),
    "attwithfntokensq": ("attachment; filename='foo.html'", "'foo.html'"),
    "attwithisofnplain": ('attachment; filename="foo-\xe4.html"', "foo-ä.html"),
    # By the letter it is Latin-1; but nobody means two letters by the UTF-8 of one.
    "attwithutf8fnplain": ('attachment; filename="foo-\xc3\xa4.html"', "foo-ä.html"),
    "attwithfnrawpctenca": ('attachment; filename="foo-%41.html"', "foo-%41.html"),
    "attwithfnusingpct": ('attachment; filename="50%.html"', "50%.html"),
    "attwithfnrawpctencaq": (r'attachment; filename="foo-%\41.html"', "foo-%41.html"),
    "attwithnamepct": ('attachment; name="foo-%41.html"', NO_NAME),
    "attwithfilenamepctandiso": ('attachment; filename="\xe4-%41.html"', "ä-%41.html"),
    "attwithfnrawpctenclong": (
        'attachment; filename="foo-%c3%a4-%e2%82%ac.html"',
        "foo-%c3%a4-%e2%82%ac.html",
    ),
    "attwithasciifilenamews1": ('attachment; filename ="foo.html"', "foo.html"),
    "attconfusedparam": ("attachment; xfilename=foo.html", NO_NAME),
    "attabspath": ('attachment; filename="/foo.html"', "foo.html"),
    "attabspathwin": (r'attachment; filename="\\foo.html"', "foo.html"),
    "attcdate": ('attachment; creation-date="Wed, 12 Feb 1997 16:29:51 -0500"', NO_NAME),
    "attmdate": ('attachment; modification-date="Wed, 12 Feb 1997 16:29:51 -0500"', NO_NAME),
    "dispext": ("foobar", NO_NAME),
    "dispextbadfn": ('attachment; example="filename=example.txt"', NO_NAME),
    "attwithisofn2231iso": ("attachment; filename*=iso-8859-1''foo-%E4.html", "foo-ä.html"),
    "attwithfn2231utf8": (
        "attachment; filename*=UTF-8''foo-%c3%a4-%e2%82%ac.html",
        "foo-ä-€.html",
    ),
    "attwithfn2231utf8comp": ("attachment; filename*=UTF-8''foo-a%cc%88.html", "foo-ä.html"),
    "attwithfn2231ws2": ("attachment; filename*= UTF-8''foo-%c3%a4.html", "foo-ä.html"),
    "attwithfn2231ws3": ("attachment; filename* =UTF-8''foo-%c3%a4.html", "foo-ä.html"),
    "attwithfn2231dpct": ("attachment; filename*=UTF-8''A-%2541.html", "A-%41.html"),
    "attwithfn2231abspathdisguised": ("attachment; filename*=UTF-8''%5cfoo.html", "foo.html"),
    # The pieces of RFC 2231 are none of RFC 6266; old servers send them all the same.
    "attfncont": ('attachment; filename*0="foo."; filename*1="html"', "foo.html"),
    "attfncontqs": (r'attachment; filename*0="foo"; filename*1="\b\a\r.html"', "foobar.html"),
    "attfncontenc": (
        "attachment; filename*0*=UTF-8''foo-%c3%a4; filename*1=\".html\"",
        "foo-ä.html",
    ),
    "attfncontlz": ('attachment; filename*0="foo"; filename*01="bar"', "foo"),
    "attfncontnc": ('attachment; filename*0="foo"; filename*2="bar"', "foo"),
    "attfnconts1": ('attachment; filename*1="foo."; filename*2="html"', NO_NAME),
    "attfncontord": ('attachment; filename*1="bar"; filename*0="foo"', "foobar"),
    "attfnboth": (
        "attachment; filename=\"foo-ae.html\"; filename*=UTF-8''foo-%c3%a4.html",
        "foo-ä.html",
    ),
    "attfnboth2": (
        "attachment; filename*=UTF-8''foo-%c3%a4.html; filename=\"foo-ae.html\"",
        "foo-ä.html",
    ),
    "attfnboth3": (
        "attachment; filename*0*=ISO-8859-15''euro-sign%3d%a4; "
        "filename*=ISO-8859-1''currency-sign%3d%a4",
        "currency-sign=¤",
    ),
    "attnewandfn": ('attachment; foobar=x; filename="foo.html"', "foo.html"),
    # By the letter it stays as it is; mail programs on servers mean what it says decoded.
    "attrfc2047quoted": (
        'attachment; filename="=?ISO-8859-1?Q?foo-=E4.html?="',
        "foo-ä.html",
    ),
}

INVALID = {
    "inlonlyquoted": '"inline"',
    "attonlyquoted": '"attachment"',
    "attwithtokfncommanq": "attachment; filename=foo,bar.html",
    "attwithasciifilenamenqs": "attachment; filename=foo.html ;",
    "attemptyparam": "attachment; ;filename=foo",
    "attwithasciifilenamenqws": "attachment; filename=foo bar.html",
    "attwith2filenames": 'attachment; filename="foo.html"; filename="bar.html"',
    "attfnbrokentoken": "attachment; filename=foo[1](2).html",
    "attfnbrokentokeniso": "attachment; filename=foo-\xe4.html",
    "attfnbrokentokenutf": "attachment; filename=foo-\xc3\xa4.html",
    "attmissingdisposition": "filename=foo.html",
    "attmissingdisposition2": "x=y; filename=foo.html",
    "attmissingdisposition3": '"foo; filename=bar;baz"; filename=qux',
    "attmissingdisposition4": "filename=foo.html, filename=bar.html",
    "emptydisposition": "; filename=foo.html",
    "doublecolon": ": inline; attachment; filename=foo.html",
    "attandinline": "inline; attachment; filename=foo.html",
    "attandinline2": "attachment; inline; filename=foo.html",
    "attbrokenquotedfn": 'attachment; filename="foo.html".txt',
    "attbrokenquotedfn2": 'attachment; filename="bar',
    "attbrokenquotedfn3": 'attachment; filename=foo"bar;baz"qux',
    "attmultinstances": "attachment; filename=foo.html, attachment; filename=bar.html",
    "attmissingdelim": "attachment; foo=foo filename=bar",
    "attmissingdelim2": "attachment; filename=bar foo=foo",
    "attmissingdelim3": "attachment filename=bar",
    "attreversed": "filename=foo.html; attachment",
    "attwithfn2231noc": "attachment; filename*=''foo-%c3%a4-%e2%82%ac.html",
    "attwithfn2231utf8-bad": "attachment; filename*=iso-8859-1''foo-%c3%a4-%e2%82%ac.html",
    "attwithfn2231iso-bad": "attachment; filename*=utf-8''foo-%E4.html",
    "attwithfn2231ws1": "attachment; filename *=UTF-8''foo-%c3%a4.html",
    "attwithfn2231quot": "attachment; filename*=\"UTF-8''foo-%c3%a4.html\"",
    "attwithfn2231quot2": 'attachment; filename*="foo%20bar.html"',
    "attwithfn2231singleqmissing": "attachment; filename*=UTF-8'foo-%c3%a4.html",
    "attwithfn2231nbadpct1": "attachment; filename*=UTF-8''foo%",
    "attwithfn2231nbadpct2": "attachment; filename*=UTF-8''f%oo.html",
    "attrfc2047token": "attachment; filename==?ISO-8859-1?Q?foo-=E4.html?=",
}


@pytest.mark.fault(25)
@pytest.mark.parametrize("header, name", VALID.values(), ids=VALID)
def test_a_valid_header_names_the_file(header: str, name: str):
    assert suggest_filename(URL, header) == name


@pytest.mark.fault(25)
@pytest.mark.parametrize("header", INVALID.values(), ids=INVALID)
def test_a_broken_header_gives_some_safe_name(header: str):
    assert_safe(suggest_filename(URL, header))
