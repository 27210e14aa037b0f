"""The HTML page in Chromium: light and dark, narrow, by keyboard, by screen reader, and printed."""

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

from hipaa_controls.catalogue import LIVE_CONTROLS
from phi_buckets.evidence import html
from phi_buckets.evidence.model import Outcome
from tests.phi_buckets.evidence import sample

REPORTS = {"failing": sample.report(), "passing": sample.passing(), "hostile": sample.hostile()}
# Has every kind of element; axe takes ten seconds for a full report.
SMALL_REPORTS = {"small": sample.report(LIVE_CONTROLS[::5])}
COLOR_SCHEMES = ("light", "dark")
OpenPage = Callable[..., Page]

# Returns the contrast of each text with its background, by WCAG 2.1 (1.4.3).
CONTRAST = """() => {
  const channels = color => color.match(/[\\d.]+/g).map(Number);
  const blend = ([r, g, b, a = 1], below) => [r, g, b].map((channel, i) => channel * a + below[i] * (1 - a));
  const luminance = rgb => {
    const linear = channel => channel <= .04045 ? channel / 12.92 : ((channel + .055) / 1.055) ** 2.4;
    const [r, g, b] = rgb.map(channel => linear(channel / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const backgroundOf = element => {
    if (!element) return [255, 255, 255];
    const color = channels(getComputedStyle(element).backgroundColor);
    return (color[3] ?? 1) === 1 ? color.slice(0, 3) : blend(color, backgroundOf(element.parentElement));
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const contrasts = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || element.closest('script') || !element.checkVisibility()) continue;
    const background = backgroundOf(element);
    const foreground = blend(channels(getComputedStyle(element).color), background);
    const [high, low] = [luminance(foreground), luminance(background)].sort((a, b) => b - a);
    contrasts.push([(high + .05) / (low + .05), texts.currentNode.data.trim()]);
  }
  return contrasts;
}"""


OPEN_ALL_DETAILS = "document.querySelectorAll('details').forEach(details => { details.open = true })"


@pytest.fixture
def open_page(chromium: Browser, tmp_path: Path) -> Iterator[OpenPage]:
    """Return a function that opens a report's page. Finally, check that it loaded no other file and logged nothing."""
    contexts = []
    requested_urls: list[str] = []
    messages: list[str] = []

    def open_page(name: str = "failing", width: int = 1200, height: int = 900, **settings: Any) -> Page:
        file = tmp_path / "evidence.html"
        file.write_text(html.render((REPORTS | SMALL_REPORTS)[name]), encoding="utf-8")
        context = chromium.new_context(viewport={"width": width, "height": height}, offline=True, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requested_urls.append(request.url))
        page.on("dialog", lambda dialog: messages.append(dialog.message))
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert set(requested_urls) == {(tmp_path / "evidence.html").as_uri()}
    assert len(requested_urls) == len(contexts)
    assert messages == []


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("scheme", COLOR_SCHEMES)
def test_text_contrast_is_sufficient(open_page, name, scheme):
    page = open_page(name, color_scheme=scheme)
    page.evaluate(OPEN_ALL_DETAILS)
    contrasts = page.evaluate(CONTRAST)
    assert len(contrasts) > 500
    assert [contrast for contrast in contrasts if contrast[0] < 4.5] == []
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")


def test_contrast_check_detects_a_faint_text(open_page):
    page = open_page()
    page.evaluate("document.querySelector('h1').style.setProperty('color', '#888')")
    assert any(contrast < 4.5 for contrast, _ in page.evaluate(CONTRAST))


@pytest.mark.parametrize(
    ("name", "scheme", "width"),
    [
        *itertools.product(SMALL_REPORTS, COLOR_SCHEMES, (1200, 320)),
        ("failing", "light", 1200),
        ("hostile", "dark", 320),
    ],
)
def test_axe_reports_no_violations(open_page, name, scheme, width):
    page = open_page(name, width=width, color_scheme=scheme)
    response = Axe().run(page).response
    assert [f"{rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in response["violations"]] == []
    assert len(response["passes"]) > 20


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize(("width", "scale"), [(320, 1), (320, 4), (768, 1)])
def test_nothing_overflows_a_narrow_or_zoomed_window(open_page, name, width, scale):
    page = open_page(name, width=width, height=256, device_scale_factor=scale)
    page.evaluate(OPEN_ALL_DETAILS)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    overflowing = page.evaluate(
        """width => [...document.querySelectorAll('main *')].filter(element => element.checkVisibility()
             && !element.closest('.hidden, thead')
             && (element.getBoundingClientRect().right > width + 1 || element.scrollWidth > element.clientWidth + 1
                 && getComputedStyle(element).display !== 'inline')).map(element => element.outerHTML.slice(0, 200))""",
        width,
    )
    assert overflowing == []


def test_tab_key_reaches_every_control_and_outlines_it(open_page):
    page = open_page()
    count = page.evaluate(
        """() => { window.focusable = [...document.querySelectorAll('a[href], summary, input, [tabindex="0"]')]
                     .filter(element => element.checkVisibility());
                   return focusable.length }"""
    )
    reached = []
    for _ in range(count):
        page.keyboard.press("Tab")
        index, outlined = page.evaluate(
            """() => { const style = getComputedStyle(document.activeElement);
                       return [focusable.indexOf(document.activeElement),
                               style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2] }"""
        )
        assert outlined, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        reached.append(index)
    assert reached == list(range(count))
    assert count > 150


def test_first_tab_stop_skips_to_the_main_content(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    skip_link = page.get_by_role("link", name="Skip to main content")
    box = skip_link.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_enter_key_opens_closed_details(open_page):
    page = open_page()
    control = page.locator("#s3-encryption-at-rest")
    resource = control.get_by_text(sample.bucket_arn("phi-prod-trail"))
    assert not resource.is_visible()
    control.locator("summary").focus()
    page.keyboard.press("Enter")
    assert resource.is_visible()


@pytest.mark.parametrize("name", REPORTS)
def test_page_structure_is_accessible(open_page, name):
    page = open_page(name)
    assert page.evaluate("document.documentElement.lang") == "en"
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(heading => Number(heading.tagName[1]))")
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(level <= previous + 1 for previous, level in itertools.pairwise(levels))
    for role, count in {"banner": 1, "navigation": 1, "main": 1, "contentinfo": 1}.items():
        assert page.get_by_role(role).count() == count
    unlabeled_tables = page.evaluate(
        """() => [...document.querySelectorAll('table')].filter(table => !table.caption?.textContent.trim()
             || [...table.querySelectorAll('th')].some(cell => !['col', 'row'].includes(cell.scope))
             || [...table.tBodies[0].rows].some(row => !row.querySelector('th[scope=row]'))).length"""
    )
    assert unlabeled_tables == 0
    broken_links = page.evaluate(
        """() => [...document.querySelectorAll('a[href^="#"]')].map(link => link.hash.slice(1))
             .filter(id => !document.getElementById(id))"""
    )
    assert broken_links == []
    unique_ids = "new Set([...document.querySelectorAll('[id]')].map(element => element.id)).size"
    assert page.evaluate(unique_ids) == page.evaluate("document.querySelectorAll('[id]').length")


@pytest.mark.parametrize("width", [1200, 320])
def test_screen_reader_output(open_page, width):
    page = open_page(width=width)
    snapshot = page.locator("body").aria_snapshot()
    title = next(control.title for control in REPORTS["failing"].controls if control.id == "s3-versioning")
    for line in (
        'heading "Evidence of Security Rule safeguards" [level=1]',
        'navigation "Contents"',
        'region "Failing and unverified controls"',
        'table "Blocking controls (those that fail the audit) first, then by severity"',
        'checkbox "Unverified" [checked]',
        f'article "{title} s3-versioning"',
        f'heading "{title} s3-versioning" [level=4]',
        f'table "{title}: findings"',
        'rowheader "arn:aws:s3:::phi-prod-imaging 123456789012"',
        'cell "Fail"',
    ):
        assert line in snapshot
    # The sign of an outcome and the repeated column name of a narrow row are only visual.
    assert not re.search(r"[✕✓]|Finding: ", snapshot)


def test_outcomes_have_a_sign_and_a_word(open_page):
    page = open_page()
    pills = page.evaluate(
        """[...document.querySelectorAll('.pill')].map(pill =>
             [pill.textContent.trim(), getComputedStyle(pill, '::before').content.split('/')[0].trim()])"""
    )
    assert {word for word, _ in pills} >= {"Fail", "Unverified", "Exempted", "Pass", "Not applicable"}
    signs = {word: sign for word, sign in pills if word not in ("Current", "Expired")}
    assert all(sign not in ("none", "normal", '""') for sign in signs.values())
    assert len(set(signs.values())) == len(signs)


def test_outcome_checkbox_hides_controls_on_screen_but_not_in_print(open_page):
    page = open_page()
    passing = page.locator("article.pass")
    assert passing.first.is_visible()
    page.get_by_role("checkbox", name="Pass", exact=True).focus()
    page.keyboard.press("Space")
    assert not any(article.is_visible() for article in passing.all())
    assert page.locator("#s3-versioning").is_visible()
    page.emulate_media(media="print")
    assert all(article.is_visible() for article in passing.all())


def test_print_shows_everything(open_page):
    page = open_page()
    hidden = "[...document.querySelectorAll('details *')].filter(element => !element.checkVisibility()).length"
    assert page.evaluate(hidden) > 100
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(hidden) == 0
    assert page.evaluate("[...document.querySelectorAll('details')].every(details => details.offsetHeight > 60)")
    # Dark text on white, whatever the color scheme of the screen.
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("fieldset").is_visible()


def test_pdf_has_pages_text_and_tags(open_page):
    pdf = open_page().pdf(prefer_css_page_size=True, tagged=True)
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", pdf)) > 10
    assert b"/StructTreeRoot" in pdf
    text_operators = 0
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            text_operators += len(re.findall(rb"T[jJ]\b", zlib.decompress(stream)))
        except zlib.error:
            continue  # an image or a font
    assert text_operators > 1000


@pytest.mark.parametrize("scheme", COLOR_SCHEMES)
def test_hostile_texts_are_inert(open_page, scheme):
    page = open_page("hostile", color_scheme=scheme)
    assert page.evaluate("document.scripts.length") == 1
    assert page.evaluate("document.scripts[0].type") == "application/json"
    assert page.locator("img, svg, iframe, [onerror], [onload]").count() == 0
    assert page.locator('a[href^="javascript"]').count() == 0
    page_text = page.locator("body").inner_text()
    for text in ("</script><script>alert(1)</script>", "{{ 7 * 7 }}", "\\x1b[2J", "abc\\u202egnp.exe", "مستشفى"):
        assert text in page_text
    assert page.title().startswith("HIPAA evidence: phi-prod- in 123456789012")


def test_verdict_covers_controls_and_configuration(open_page):
    failing = open_page().locator(".verdict").inner_text()
    assert "Not passed: 10 mandatory controls fail or are unverified." in failing
    assert "Passed: every mandatory control" in open_page("passing").locator(".verdict").inner_text()
    misconfigured = open_page("hostile").locator(".verdict").inner_text()
    errors = len(REPORTS["hostile"].configuration_errors)
    assert f"{errors} errors in the audit's configuration must be fixed." in misconfigured


def test_counts_match_the_report(open_page):
    page = open_page()
    for outcome in Outcome:
        word = outcome.value.capitalize()
        count = page.locator(".counts div").filter(has=page.get_by_text(word, exact=True)).locator("dd").inner_text()
        assert count == str(len(REPORTS["failing"].controls_with_outcome(outcome)))


def test_page_shows_all_data_of_the_report(open_page):
    page = open_page()
    page_text = " ".join(page.locator("main").inner_text().split())
    report = REPORTS["failing"]
    exemption = sample.EXEMPTED["s3-no-external-access", sample.bucket_arn("phi-prod-imaging")][1]
    for text in (
        exemption.reason,
        exemption.approver,
        exemption.expires.isoformat(),
        exemption.compensating_control,
        *(row.text for row in report.checklist),
        *(record.owner for record in report.attestations),
        *(record.evidence for record in report.attestations),
        *(record.expires.isoformat() for record in report.attestations),
        *(call.permission for call in report.failed_calls),
        *(control.title for control in report.controls),
        *(control.rationale for control in report.controls),
        *(control.requirement for control in report.controls),
        *(citation.paragraph for control in report.controls for citation in control.citations),
        *report.collection.principals,
        "config-recorder-enabled is disabled",
        "days is 365",
        "2026-11-20 14:05:00 UTC",
        "2026-11-24 09:30:14 UTC",
        report.digest,
    ):
        assert " ".join(text.split()) in page_text
