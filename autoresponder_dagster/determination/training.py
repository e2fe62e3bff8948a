"""Training: how the weights of the learned reader come about (``make train``).

Belongs here: fitting, and an honest figure of how good the fit is on messages that it has not seen. Needs
scikit-learn, which is a dependency of development only. Does not belong here: using the weights.

The model is a multinomial logistic regression on the presence of features, scaled to the length of the
message. Few features are kept, those that tell determinations apart best (chi-squared), so that the file
stays readable and a rare word cannot decide anything.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import yaml
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import Normalizer

from autoresponder_dagster.determination.evaluation import accepted_by, read_labels
from autoresponder_dagster.determination.features import features
from autoresponder_dagster.determination.learned import INTERCEPT
from autoresponder_dagster.determination.reading import read
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.schemas.enums import STATE_CHANGING, Determination

FEATURES_KEPT = 15_000
LEAST_MESSAGES = 2
"""A feature must occur in so many messages."""
FREEDOM = 20.0
"""Inverse strength of the regularisation."""
FOLDS = 10
WEIGHT_OF_A_CASE, WEIGHT_OF_A_MESSAGE = 3.0, 2.0
"""Cases of the test suite were chosen one by one, each for a distinction that must be made; whole messages of
labelled folders are nearer to real ones than the short examples."""
_DIGITS = 2
_HEAD = re.compile(r"^## ", re.MULTILINE)
_FIELDS = 4
_ANY_DATE = "Wed, 14 Oct 2026 09:00:00 +0000"


@dataclass(frozen=True)
class Example:
    """A message and the determinations that a careful reader accepts, the best first; and how much it counts."""

    raw: bytes
    accepted: tuple[str, ...]
    weight: float = 1.0


def fitted(found: Sequence[Sequence[str]], examples: Sequence[Example]) -> Pipeline:
    """Return the model, fitted to the features of examples."""
    presence = CountVectorizer(analyzer=lambda one: one, min_df=LEAST_MESSAGES, binary=True).fit(found)
    kept = min(FEATURES_KEPT, len(presence.vocabulary_))
    pipeline = Pipeline(
        [
            ("presence", presence),
            ("choice", SelectKBest(chi2, k=kept)),
            ("length", Normalizer()),
            ("fit", LogisticRegression(C=FREEDOM, max_iter=5_000, class_weight="balanced")),
        ]
    )
    labels = [example.accepted[0] for example in examples]
    return pipeline.fit(found, labels, fit__sample_weight=[example.weight for example in examples])


def read_examples(path: Path) -> list[Example]:
    """Read a file of examples, or a labelled folder of messages.

    A file is text: each message begins with a line ``## determination[/accepted…] | From | date | Subject``,
    with `` | human`` at its end where no program sent it; its body follows. A YAML file is a list of mappings
    with ``from, body, want`` and perhaps ``date, subject, auto``; changes marked ``weak`` are doubtful on
    purpose and are left out.

    Raises:
        ConfigurationError: a head line is malformed; the message names it.
    """
    if path.is_dir():
        return [
            Example(
                (path / row["file"]).read_bytes(),
                accepted_by(row),
                weight=WEIGHT_OF_A_MESSAGE,
            )
            for row in read_labels(path)
        ]
    if path.suffix == ".yaml":
        return [_case(case) for case in yaml.safe_load(path.read_text("utf-8")) if not _is_doubtful(case)]
    before, *blocks = _HEAD.split(path.read_text("utf-8"))
    if before.strip() or not blocks:
        raise ConfigurationError(f"{path} does not begin with the head of a message (## determination | …).")
    return [_example(block, path) for block in blocks]


def _is_doubtful(case: Mapping[str, Any]) -> bool:
    return bool(case.get("weak")) and case["want"].split("|")[0] in STATE_CHANGING


def _case(case: Mapping[str, Any]) -> Example:
    return Example(
        _message(
            case["from"],
            case.get("date") or _ANY_DATE,
            case.get("subject", "Automatic reply"),
            case["body"],
            is_human=not case.get("auto", True),
        ),
        tuple(case["want"].split("|")),
        weight=WEIGHT_OF_A_CASE,
    )


def _example(block: str, path: Path) -> Example:
    head, _, body = block.partition("\n")
    fields = [field.strip() for field in head.split("|")]
    is_human = fields[_FIELDS:] == ["human"]
    if not (len(fields) == _FIELDS or is_human):
        raise ConfigurationError(f"{path}: '## {head}' must be: ## determination | From | date | Subject [| human]")
    accepted, sender, day, subject = fields[:_FIELDS]
    moment = format_datetime(datetime.combine(date.fromisoformat(day), time(12, tzinfo=UTC)))
    return Example(
        _message(sender, moment, subject, body, is_human=is_human),
        tuple(str(Determination(name)) for name in accepted.split("/")),
    )


def _message(sender: str, moment: str, subject: str, body: str, *, is_human: bool) -> bytes:
    message = EmailMessage()
    message["From"], message["Date"], message["Subject"] = sender, moment, subject
    if not is_human:
        message["Auto-Submitted"] = "auto-replied"
    message.set_content(body.strip() + "\n")
    return message.as_bytes()


def features_of(example: Example) -> list[str]:
    """Return the features of an example, sorted."""
    return sorted(features(read(example.raw, None, None)).all())


def weights_of(model: Pipeline) -> str:
    """Return a fitted model as the text of a weights file."""
    names = model["presence"].get_feature_names_out()[model["choice"].get_support()]
    regression = model["fit"]
    rows = [(INTERCEPT, regression.intercept_), *sorted(zip(names, regression.coef_.T, strict=True))]
    lines = ["\t".join(["feature", *regression.classes_])]
    for name, numbers in rows:
        rounded = [f"{number:.{_DIGITS}f}" for number in numbers]
        if name == INTERCEPT or any(float(number) for number in rounded):
            lines.append("\t".join([name, *rounded]))
    return "\n".join(lines) + "\n"


def main(target: str, paths: Sequence[str]) -> None:
    """Fit the reader to examples and write its weights; say how it does on those that it has not seen."""
    examples = [example for path in paths for example in read_examples(Path(path))]
    found = [features_of(example) for example in examples]
    labels = [example.accepted[0] for example in examples]
    right = 0
    for learn, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(found, labels):
        model = fitted([found[number] for number in learn], [examples[number] for number in learn])
        answers = model.predict([found[number] for number in test])
        right += sum(answer in examples[number].accepted for number, answer in zip(test, answers, strict=True))
    sys.stdout.write(f"{len(examples)} messages; right on unseen ones ({FOLDS} folds): {right / len(examples):.1%}\n")
    Path(target).write_text(weights_of(fitted(found, examples)), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
