"""The page as people meet it: in Chromium, light and dark, narrow, by keyboard, read out, and on paper."""

from __future__ import annotations

import itertools
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from hipaa.catalogue import LIVE_CONTROLS
from phi.evidence import html
from phi.evidence.model import Outcome
from tests.phi.evidence import sample

pytestmark = pytest.mark.xdist_group("chromium")

REPORTS = {"wrong": sample.report(), "good": sample.passing(), "hostile": sample.hostile()}
SMALL = {
    "small": sample.report(LIVE_CONTROLS[::5])
}  # has every kind of element, and axe takes ten seconds for a whole one
SCHEMES = ("light", "dark")
Open = Callable[..., Page]

# The least contrast of any text with what is behind it, as WCAG 2.1 reckons it (1.4.3).
CONTRAST = """() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((each, i) => each * a + below[i] * (1 - a));
  const luminance = rgb => {
    const linear = each => each <= .04045 ? each / 12.92 : ((each + .055) / 1.055) ** 2.4;
    const [r, g, b] = rgb.map(each => linear(each / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = element => {
    if (!element) return [255, 255, 255];
    const colour = channels(getComputedStyle(element).backgroundColor);
    return (colour[3] ?? 1) === 1 ? colour.slice(0, 3) : over(colour, behind(element.parentElement));
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || element.closest('script') || !element.checkVisibility()) continue;
    const ground = behind(element);
    const ink = over(channels(getComputedStyle(element).color), ground);
    const [high, low] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
    found.push([(high + .05) / (low + .05), texts.currentNode.data.trim()]);
  }
  return found;
}"""


@pytest.fixture
def shown(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a report's page from a file. It may ask for that file alone, and open no dialogue."""
    contexts = []
    asked: list[str] = []
    told: list[str] = []

    def show(name: str = "wrong", width: int = 1200, height: int = 900, **settings: Any) -> Page:
        file = tmp_path / "evidence.html"
        file.write_text(html.render((REPORTS | SMALL)[name]), encoding="utf-8")
        context = chromium.new_context(viewport={"width": width, "height": height}, offline=True, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: told.append(dialog.message))
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield show
    for context in contexts:
        context.close()
    assert set(asked) == {(tmp_path / "evidence.html").as_uri()}
    assert len(asked) == len(contexts)
    assert told == []


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_text_stands_out_from_its_ground(shown, name, scheme):
    page = shown(name, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    found = page.evaluate(CONTRAST)
    assert len(found) > 500
    assert [each for each in found if each[0] < 4.5] == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


def test_a_faint_text_would_be_seen(shown):
    page = shown()
    page.evaluate("document.querySelector('h1').style.setProperty('color', '#888')")
    assert any(each[0] < 4.5 for each in page.evaluate(CONTRAST))


@pytest.mark.parametrize(
    ("name", "scheme", "width"),
    [*itertools.product(SMALL, SCHEMES, (1200, 320)), ("wrong", "light", 1200), ("hostile", "dark", 320)],
)
def test_axe_finds_nothing(shown, name, scheme, width):
    page = shown(name, width=width, color_scheme=scheme)
    found = Axe().run(page)
    assert [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found.response["violations"]] == []
    assert len(found.response["passes"]) > 20


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize(("width", "scale"), [(320, 1), (320, 4), (768, 1)])
def test_nothing_runs_out_of_a_narrow_window_or_at_four_times_the_size(shown, name, width, scale):
    page = shown(name, width=width, height=256, device_scale_factor=scale)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.evaluate(
        """width => [...document.querySelectorAll('main *')].filter(each => each.checkVisibility()
             && !each.closest('.hidden, thead')
             && (each.getBoundingClientRect().right > width + 1 || each.scrollWidth > each.clientWidth + 1
                 && getComputedStyle(each).display !== 'inline')).map(each => each.outerHTML.slice(0, 200))""",
        width,
    )
    assert outside == []


def test_the_keyboard_reaches_everything_and_shows_where_it_is(shown):
    page = shown()
    wanted = page.evaluate(
        """() => { window.all = [...document.querySelectorAll('a[href], summary, input, [tabindex="0"]')]
                     .filter(each => each.checkVisibility());
                   return all.length }"""
    )
    reached = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        index, outlined = page.evaluate(
            """() => { const style = getComputedStyle(document.activeElement);
                       return [all.indexOf(document.activeElement),
                               style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2] }"""
        )
        assert outlined, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        reached.append(index)
    assert reached == list(range(wanted))
    assert wanted > 150


def test_the_first_stop_skips_to_the_findings(shown):
    page = shown()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the findings")
    box = skip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_keyboard_opens_what_is_closed(shown):
    page = shown()
    control = page.locator("#s3-encryption-at-rest")
    resource = control.get_by_text(sample.bucket("phi-prod-trail"))
    assert not resource.is_visible()
    control.locator("summary").focus()
    page.keyboard.press("Enter")
    assert resource.is_visible()


@pytest.mark.parametrize("name", REPORTS)
def test_it_is_built_for_who_hears_it(shown, name):
    page = shown(name)
    assert page.evaluate("document.documentElement.lang") == "en"
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(each => Number(each.tagName[1]))")
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    for role, count in {"banner": 1, "navigation": 1, "main": 1, "contentinfo": 1}.items():
        assert page.get_by_role(role).count() == count
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('table')].filter(each => !each.caption?.textContent.trim()
             || [...each.querySelectorAll('th')].some(cell => !['col', 'row'].includes(cell.scope))
             || [...each.tBodies[0].rows].some(row => !row.querySelector('th[scope=row]'))).length"""
    )
    assert unnamed == 0
    dangling = page.evaluate(
        """() => [...document.querySelectorAll('a[href^="#"]')].map(each => each.hash.slice(1))
             .filter(id => !document.getElementById(id))"""
    )
    assert dangling == []
    assert page.evaluate("new Set([...document.querySelectorAll('[id]')].map(each => each.id)).size") == page.evaluate(
        "document.querySelectorAll('[id]').length"
    )


@pytest.mark.parametrize("width", [1200, 320])
def test_what_is_read_out(shown, width):
    page = shown(width=width)
    told = page.locator("body").aria_snapshot()
    for each in (
        'heading "Evidence of technical safeguards" [level=1]',
        'navigation "Contents"',
        'region "What is wrong"',
        'table "The gravest first"',
        'checkbox "Unverified" [checked]',
        'article "Versioning is on s3-versioning"',
        'heading "Versioning is on s3-versioning" [level=4]',
        'table "Versioning is on: what was found"',
        'rowheader "arn:aws:s3:::phi-prod-imaging 123456789012"',
        'cell "Fail"',
    ):
        assert each in told
    # The sign of an outcome, and a narrow row's repeated column name, are for the eye alone.
    assert not re.search(r"[✕✓]|Found: ", told)


def test_an_outcome_has_a_sign_and_a_word_besides_its_colour(shown):
    page = shown()
    pills = page.evaluate(
        """[...document.querySelectorAll('.pill')].map(each =>
             [each.textContent.trim(), getComputedStyle(each, '::before').content.split('/')[0].trim()])"""
    )
    assert {word for word, _ in pills} >= {"Fail", "Unverified", "Exempted", "Pass", "Not applicable"}
    signs = {word: sign for word, sign in pills if word not in ("Current", "Expired")}
    assert all(sign not in ("none", "normal", '""') for sign in signs.values())
    assert len(set(signs.values())) == len(signs)


def test_what_isnt_asked_for_can_be_left_out_by_keyboard_without_a_script(shown):
    page = shown()
    passing = page.locator("article.pass")
    assert passing.first.is_visible()
    page.get_by_role("checkbox", name="Pass", exact=True).focus()
    page.keyboard.press("Space")
    assert not any(each.is_visible() for each in passing.all())
    assert page.locator("#s3-versioning").is_visible()
    page.emulate_media(media="print")
    assert all(each.is_visible() for each in passing.all())


def test_on_paper_everything_is_shown(shown):
    page = shown()
    hidden = "[...document.querySelectorAll('details *')].filter(each => !each.checkVisibility()).length"
    assert page.evaluate(hidden) > 100
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(hidden) == 0
    assert page.evaluate("[...document.querySelectorAll('details')].every(each => each.offsetHeight > 60)")
    # Ink on paper, whatever the screen's scheme is.
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("fieldset").is_visible()


def test_as_a_pdf_it_has_text_and_pages(shown):
    pdf = shown().pdf(prefer_css_page_size=True, tagged=True)
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", pdf)) > 10
    assert b"/StructTreeRoot" in pdf
    drawn = 0
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            drawn += len(re.findall(rb"T[jJ]\b", zlib.decompress(stream)))
        except zlib.error:
            continue  # a picture or a font
    assert drawn > 1000


@pytest.mark.parametrize("scheme", SCHEMES)
def test_hostile_texts_do_nothing(shown, scheme):
    page = shown("hostile", color_scheme=scheme)
    assert page.evaluate("document.scripts.length") == 1
    assert page.evaluate("document.scripts[0].type") == "application/json"
    assert page.locator("img, svg, iframe, [onerror], [onload]").count() == 0
    assert page.locator('a[href^="javascript"]').count() == 0
    text = page.locator("body").inner_text()
    for each in ("</script><script>alert(1)</script>", "{{ 7 * 7 }}", "\\x1b[2J", "abc\\u202egnp.exe", "مستشفى"):
        assert each in text
    assert page.title().startswith("HIPAA evidence: phi-prod- in 123456789012")


def test_the_verdict_is_of_the_whole(shown):
    assert "Doesn't hold: 10 mandatory controls fail or aren't verified." in shown().locator(".verdict").inner_text()
    assert "Holds: every mandatory control" in shown("good").locator(".verdict").inner_text()
    faulty = shown("hostile").locator(".verdict").inner_text()
    assert f"{len(REPORTS['hostile'].configuration_errors)} faults of the audit's settings must be mended." in faulty


def test_the_counts_are_those_of_the_report(shown):
    page = shown()
    for outcome in Outcome:
        word = outcome.value.capitalize()
        told = page.locator(".counts div").filter(has=page.get_by_text(word, exact=True)).locator("dd").inner_text()
        assert told == str(len(REPORTS["wrong"].with_outcome(outcome)))


def test_everything_that_an_auditor_asks_for_is_told(shown):
    page = shown()
    text = " ".join(page.locator("main").inner_text().split())
    report = REPORTS["wrong"]
    accepted = sample.EXEMPTED["s3-no-external-access", sample.bucket("phi-prod-imaging")][1]
    for each in (
        accepted.reason,
        accepted.approver,
        accepted.expires.isoformat(),
        accepted.compensating_control,
        *(row.text for row in report.checklist),
        *(record.owner for record in report.attestations),
        *(record.evidence for record in report.attestations),
        *(record.expires.isoformat() for record in report.attestations),
        *(call.permission for call in report.failed_calls),
        *(control.title for control in report.controls),
        *(control.requirement for control in report.controls),
        *(citation.paragraph for control in report.controls for citation in control.citations),
        *report.collection.principals,
        "config-recorder-enabled is left out",
        "days is 365",
        "2026-11-20 14:05:00 UTC",
        "2026-11-24 09:30:14 UTC",
        report.digest,
    ):
        assert " ".join(each.split()) in text
