from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.boilerplate import find_boilerplate
from rag.text.normalize import normalise
from rag.types import Span

SEED = Path(__file__).parents[3] / "shared/data/seed_article/000_82163ec026081bc4.txt"

BODY = [
    "The council of Varrow voted on Monday to close the swimming pool on Mill Street at the end of June.",
    "It was built in 1964 and loses 900 litres of water an hour, the chief engineer said.",
    "A new pool would cost 14 million crowns, which the council does not have.",
    "“We have nowhere else to go,” said Petra Holm, who has taught children there for 20 years.",
]
END = "The last day of swimming is June 28."

BOILERPLATE = [
    "Photo: Shutterstock",
    "(Photo by Lena Brask/Getty Images)",
    "Lena Brask / AFP via Getty Images",
    "Image credit: City of Varrow",
    "Picture by Jonas Vik",
    "FILE PHOTO: REUTERS/Lena Brask/File Photo",
    "Illustration: Mona Reyes for The Varrow Times",
    "© 2024 The Varrow Times",
    "Copyright 2024 The Varrow Times. All rights reserved.",
    "Copyright 2024 Varrow Press. This material may not be published, broadcast, rewritten or redistributed.",
    "Share on Facebook",
    "Share this story",
    "Facebook Twitter WhatsApp Email",
    "Copy link",
    "Advertisement",
    "Article continues below advertisement",
    "Story continues after the ad",
    "Sign up for our daily newsletter and get the top stories in your inbox.",
    "Get the latest from Varrow delivered straight to your inbox every morning.",
    "Never miss a story: subscribe to The Varrow Times today.",
    "Subscribe now for full access to all our journalism.",
    "You have two free articles left. Subscribe to keep reading.",
    "To continue reading, please log in or create an account.",
    "Already a subscriber? Log in here.",
    "Support independent local journalism. Donate today.",
    "We rely on readers like you. Please consider becoming a member.",
    "Download our app for breaking news alerts.",
    "Get our free app on the App Store and Google Play.",
    "Follow us on Instagram and TikTok.",
    "Follow The Varrow Times on Facebook for more news.",
    "Read more: Ten pools that closed this year",
    "READ ALSO: Why water is getting dearer",
    "Related: The history of Mill Street",
    "RELATED ARTICLES",
    "More from Varrow",
    "Watch: Protest outside the town hall",
    "Tags: pools, Varrow, council",
    "Filed under: Local news, Sport",
    "Topics: Swimming | Varrow",
    "4 min read",
    "Reading time: 3 minutes",
    "By Sofia Lind, Staff Writer",
    "Reporting by Sofia Lind; Editing by Karl Moe",
    "(Reporting by Sofia Lind in Varrow; editing by Karl Moe)",
    "Additional reporting by Ana Prado.",
    "The Associated Press contributed to this report.",
    "With files from The Canadian Press",
    "Contact the reporter at slind@varrowtimes.example.",
    "Do you have a story for us? Email news@varrowtimes.example.",
    "Got a news tip? Send it to our newsdesk.",
    "This article was written with the help of AI and checked by an editor.",
    "This story was automatically translated from Swedish.",
    "This article is for informational purposes only and does not constitute legal advice.",
    "The views expressed in this article are the author's own and not those of The Varrow Times.",
    "The author does not own shares in any of the companies mentioned.",
    "This is a developing story. Check back for updates.",
    "We use cookies to improve your experience. By continuing, you agree to our privacy policy.",
    "Click here to see all the pictures.",
    "View this post on Instagram",
    "Last updated 3 hours ago",
    "Back to top",
    "Shop our summer sale: save up to 40% on swimwear with code POOL.",
    "Play our daily quiz and test your knowledge of the news!",
    "Listen to our podcast wherever you get your podcasts.",
    "This article was first published on The Conversation and is republished under a Creative Commons licence.",
    "Enjoying our coverage? Forward it to a friend.",
    "Your gift keeps our reporters on the road.",
    "Switch to the app for live scores and alerts.",
    "Stream every match free for seven days.",
    "Use code VARROW at checkout for 20% off.",
    "Presented in partnership with the Varrow Tourist Board.",
    "Loading…",
    "(sl/km)",
    "1 of 12 DOCUMENTS",
    "News | Sport | Culture | Opinion",
    "12.4K followers · 310 following",
    "swim_fan88: shame on the lot of them",
    "[ Back to front page ]",
]

EVIDENCE = [
    "Photo evidence shows that the crack was there in 2019.",
    "Photographs by neighbors show water running down Mill Street for hours.",
    "The photographer Lena Brask, who took the picture, said she had waited all night.",
    "Credit for the discovery goes to a class of ten-year-olds.",
    "Credit: the union deserves it, the mayor said.",
    "Copyright law does not cover the plans, which were drawn up by the city.",
    "The singer sued for breach of copyright in 2021 and won 2 million crowns.",
    "Share prices fell 4 percent after the vote.",
    "Shares of the builder rose 3 percent.",
    "Comments by the minister angered swimmers.",
    "Comments on the plan are due by Friday.",
    "Advertisement spending in the town rose by a tenth.",
    "The newsletter of the swimming club has 2,000 subscribers.",
    "Subscribers to the water service will pay 40 crowns more a month.",
    "“Sign up for our newsletter,” the e-mail from the fraudsters read.",
    "The app was downloaded 40,000 times in a week, and its makers said they were surprised.",
    "Download speeds in the town doubled last year.",
    "Follow-up inspections found the same leak in 2020.",
    "Following the vote, about 200 people marched to the town hall.",
    "Read aloud in court, the letter took eleven minutes.",
    "Watch sales fell by a third in May.",
    "Related charges against two contractors were dropped in March.",
    "More than 300 people came to the meeting.",
    "Reporting by the auditors was late in three of five years.",
    "Editing of the minutes was forbidden by the court.",
    "Tags on the lockers will be removed in July.",
    "Cookies sold at the pool's cafe brought in 12,000 crowns.",
    "The company offers free swimming lessons to children under six.",
    "“You can't tell people to go and swim in the river,” Ms. Holm said.",
    "“Please share our petition,” she told the crowd. “Follow us to the town hall.”",
    "Donations of 1.2 million crowns have been promised, according to the club.",
    "He was paid 400 crowns.",
    "Nobody was hurt.",
    "It leaks.",
    "The vote was 7-4.",
    "Will the pool ever open again? Few in Varrow think so.",
    "If the river floods, you cannot reach the pool at all.",
    "Wear a helmet and keep your lights on, the police advise.",
    "The contract says that the council may not sell the land without a vote.",
    "The writer Ola Berg, who lives next door, says the noise never bothered him.",
    "She is a reporter's daughter, and she never gives up, her brother said.",
    "The update to the software was installed in 2023.",
    "A video shows the roof coming down.",
    "The image was taken by a satellite on May 3.",
    "Getty, the oil heir, once swam there.",
    "He had worked for the Associated Press (AP).",
    "Its rights to the water end in 2031.",
    "Correction: An earlier version of this article gave the wrong year. The pool opened in 1964.",
    "The Times reported in May that the council had known of the leak.",
    "An artificial intelligence now watches the pool for drowning swimmers.",
    "The advice to the council was wrong, an auditor found, and not legal advice at all.",
    "Members of the club pay 90 crowns a month.",
    "Most read the letter as a threat, the mayor's office said.",
    "Trading in the builder's shares was halted for an hour.",
    "The council's e-mails were published in full on Tuesday.",
    "The mayor closed the session with one word: “Enough.”",
    "Police said the driver had been sending a text message.",
    "Tickets are on sale at the museum's website.",
    "Keep your receipt, since the shop will pay you back until June.",
    "Take the A9 if you can: the bridge stays closed until Friday.",
    "Your e-mail address may be among the 3 million that were stolen.",
    "Members of our own families were on board.",
    "Your next swim will cost more.",
    "This website sold fake passports for six years.",
    "This page of the diary was torn out.",
    "Boil your tap water until Friday.",
    "Do you remember the summer of 1976? The river ran dry for a month.",
    "Look at the map and you see why: the line stops a mile short of the pool.",
    "“Two clicks and you have subscribed,” he said. “Tell your friends.”",
    "Sponsored by nobody, the club survived for 90 years.",
    "We walked to the harbour in the rain. Our guide had gone home.",
]


@pytest.mark.parametrize("line", BOILERPLATE)
@pytest.mark.parametrize("place", ["among", "after"])
def test_a_line_of_furniture_is_marked(line: str, place: str) -> None:
    lines = [*BODY, line, END] if place == "among" else [*BODY, END, line]
    text = "\n".join(lines)
    start = text.index(line)
    assert find_boilerplate(text) == (Span(start, start + len(line)),)


@pytest.mark.parametrize("line", EVIDENCE)
@pytest.mark.parametrize("place", ["among", "after"])
def test_a_statement_is_kept(line: str, place: str) -> None:
    lines = [*BODY, line, END] if place == "among" else [*BODY, END, line]
    assert find_boilerplate("\n".join(lines)) == ()


def test_the_writer_is_introduced_at_the_end_and_a_reporter_elsewhere_is_news() -> None:
    line = "Sofia Lind is a reporter at The Varrow Times. She covers local politics."
    after = "\n".join([*BODY, line])
    assert find_boilerplate(after) == (Span(after.index(line), len(after)),)
    assert find_boilerplate("\n".join([line, *BODY])) == ()


def test_comments_and_all_after_them() -> None:
    comments = ["Comments (2)", "swimfan", "I learned to swim there. It is a shame.", "Reply", "Good riddance, I say."]
    text = "\n".join([*BODY, END, *comments])
    assert find_boilerplate(text) == (Span(text.index("Comments (2)"), len(text)),)


def test_a_comment_counter_above_the_article_ends_nothing() -> None:
    text = "\n".join(["Pool to close", "12 comments", *BODY, END])
    assert find_boilerplate(text, "Pool to close") == (Span(14, 25),)


def test_a_list_that_a_sentence_introduces_is_kept() -> None:
    text = "\n".join([*BODY, "The council named three other sites:", "Quay Road", "Elm Park", "The old brewery", END])
    assert find_boilerplate(text) == ()


def test_results_are_kept() -> None:
    text = "\n".join([*BODY, "Varrow 3-1 Kell", "Ossia 0-0 Merrow", "Ardle 2-2 Pell", END])
    assert find_boilerplate(text) == ()


def test_text_that_is_not_prose_loses_only_what_is_sure() -> None:
    text = "Milk\nBread\n12 eggs\nShare on Facebook\nA pound of butter"
    assert [text[start:end] for start, end in find_boilerplate(text)] == ["Share on Facebook"]


def test_a_cut_off_embed_keeps_its_whole_sentence() -> None:
    whole = "At 6:10 p.m. on Monday crews of the Varrow Fire Brigade closed Mill Street to all traffic."
    broken = "Drivers are… pic.example.com/Ab12"
    text = "\n".join([*BODY, f"{whole} {broken}", END])
    assert [text[start:end] for start, end in find_boilerplate(text)] == [broken]


def test_a_credit_at_the_end_of_a_paragraph() -> None:
    text = "\n".join([BODY[0] + " Photo: Lena Brask", *BODY[1:]])
    assert [text[start:end] for start, end in find_boilerplate(text)] == ["Photo: Lena Brask"]


def test_the_title_is_never_boilerplate() -> None:
    text = "\n".join(["Share prices fall", *BODY])
    assert find_boilerplate(text, "Share  prices fall") == ()


@pytest.mark.skipif(not SEED.exists(), reason="the seed article is not here")
def test_seed_article() -> None:
    text = normalise(SEED.read_text(encoding="utf-8"))
    marked = [text[start:end] for start, end in find_boilerplate(text)]
    lines = text.splitlines()
    heading = next(place for place, line in enumerate(lines) if line.startswith("CENTCOM Statement"))
    assert marked == [
        "\n".join(lines[heading : heading + 2]),
        lines[heading + 2][lines[heading + 2].index("U.S. military forces") :],
        text[text.index("This content was partially") :],
    ]


LINES = st.lists(st.sampled_from([*BOILERPLATE, *EVIDENCE, *BODY, "", "Comments", "12", "…", "#tag"]) | st.text())


@given(LINES)
def test_spans_are_sorted_apart_and_within(lines: list[str]) -> None:
    text = normalise("\n".join(lines))
    offsets = [offset for span in find_boilerplate(text) for offset in span]
    assert offsets == sorted(set(offsets))
    assert all(0 <= offset <= len(text) for offset in offsets)


@pytest.mark.parametrize(
    "piece", ["a", " ", "(", "[read more ", "“", "@", "A. ", "… ", "by A ", "#x ", "Photo: ", "- - "]
)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    # A pattern that backtracks would take hours on this.
    find_boilerplate(piece * (200_000 // len(piece)))
    find_boilerplate((piece * (1_800 // len(piece)) + "\n") * 50)


def test_a_line_that_also_tells_news_loses_only_the_appeal() -> None:
    text = "Follow us. The mayor resigned on Monday after a vote."
    assert [text[start:end] for start, end in find_boilerplate(text)] == ["Follow us."]


def test_a_greeting_alone_is_a_text() -> None:
    assert find_boilerplate("Hello Bob.") == ()


def test_what_is_sponsored_is_a_label_only_where_it_is_short() -> None:
    story = (
        "The Vellandry Open, sponsored by a bank and held since 1973 on the courts of the old park, was won three "
        "times by one player, who beat a home favourite in two of his finals before nine thousand, and in 2001, as with"
    )
    assert find_boilerplate(story) == ()
    label = "Arts season sponsored by Lantern Bank"
    news = "The council approved the budget on Monday by eleven votes to three."
    assert [text for text in (label,) if find_boilerplate(f"{news}\n{label}\n{news}")] == [label]
