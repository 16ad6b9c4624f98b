"""policy.toml: allow, deny and ask become domain guidelines, admin above user above default, the first rule above the later."""

from __future__ import annotations

import pytest

from governance.lawbook.formats import translate
from governance.lawbook.translation import BadLawFile, Document


def read(text: str) -> Document:
    return translate(format="policy_toml", content=text.encode())


def rules_of(text: str) -> list[str]:
    return [line for clause in read(text).clauses for line in clause.rules.split("\n")]


def test_radium_s_shape() -> None:
    found = read(
        """
approval_mode = "ask"

[[rules]]
name = "Deny dangerous shell commands"
priority = "admin"
action = "deny"
tool_pattern = "run_terminal_cmd"
arg_pattern = "rm -rf *"
reason = "Prevent accidental deletion"
"""
    )
    (clause,) = found.clauses
    assert (clause.number, clause.title, clause.text, clause.line) == (
        "deny-dangerous-shell-commands", "Deny dangerous shell commands", "Prevent accidental deletion", 4,
    )  # fmt: skip
    assert clause.rules == (
        'deny-dangerous-shell-commands: matches(args.command, "rm -rf *") => [F] run_terminal_cmd (weight 590)'
    )
    assert found.untranslated == ("approval_mode: it is left out, because TARS denies whatever no rule permits.",)


def test_gemini_cli_s_shape__a_prefix_ends_at_a_space() -> None:
    assert rules_of(
        '[[rule]]\ntoolName = "run_shell_command"\ncommandPrefix = "git"\ndecision = "deny"\npriority = 100'
    ) == [
        'deny-run_shell_command: args.command == "git" => [F] run_shell_command (weight 580)',
        'deny-run_shell_command.2: matches(args.command, "git *") => [F] run_shell_command (weight 580)',
    ]


def test_ask__permits_and_asks_for_approval() -> None:
    assert rules_of('[[rule]]\nname="writes"\naction="ask"\ntool="write_*"') == [
        'writes: => [O] approved("write_*") (weight 570)',
        "writes.may: => [P] write_* (weight 570)",
    ]


def test_levels__are_weights_below_session_rules() -> None:
    weights = [
        rules_of(f'[[rule]]\nname="x"\naction="deny"\ntool="t"\npriority="{level}"')[0]
        for level in ("admin", "user", "default")
    ]
    assert [text.rpartition("weight ")[2] for text in weights] == ["590)", "580)", "570)"]


def test_inside_a_level__the_first_or_the_higher_number_wins() -> None:
    first, second = (
        '[[rule]]\nname="a"\naction="allow"\ntool="run_*"\n',
        '[[rule]]\nname="b"\naction="deny"\ntool="run_x"\n',
    )
    assert "a > b" in rules_of(first + second)
    numbered = f"{first}priority=1\n{second}priority=2\n"
    assert "b > a" in rules_of(numbered)


def test_no_preference_where_the_tools_never_meet() -> None:
    text = '[[rule]]\nname="a"\naction="allow"\ntool="read_*"\n[[rule]]\nname="b"\naction="deny"\ntool="write_*"\n'
    assert not [line for line in rules_of(text) if " > " in line]


def test_allow_above_ask__lifts_the_approval() -> None:
    text = (
        '[[rule]]\nname="git"\npriority="admin"\naction="allow"\ntool="shell"\narg.command="git *"\n'
        '[[rule]]\nname="all"\npriority="user"\naction="ask"\ntool="*"\n'
    )
    assert (
        'git.lift: known(args.command), matches(args.command, "git *") => [P] ~approved(shell) (weight 590)'
        in rules_of(text)
    )


def test_a_missing_argument__stalls_a_prohibition_of_a_named_tool_only() -> None:
    named = '[[rule]]\nname="a"\naction="deny"\ntool="read"\narg.path="/etc/*"'
    assert rules_of(named) == ['a: matches(args.path, "/etc/*") => [F] read (weight 570)']
    over_all = named.replace('"read"', '"*"')
    assert rules_of(over_all) == ['a: known(args.path), matches(args.path, "/etc/*") => [F] * (weight 570)']


def test_conditions__arguments_numbers_and_when() -> None:
    text = '[[rule]]\nname="a"\naction="deny"\ntool="pay|send"\narg.count=3\narg.ok=true\nwhen="amount > 500"'
    assert rules_of(text) == [
        "a: args.count == 3, args.ok == true, amount > 500 => [F] pay (weight 570)",
        "a.2: args.count == 3, args.ok == true, amount > 500 => [F] send (weight 570)",
    ]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ('commandRegex="git.*"', "commandRegex cannot be said"),
        ('argsPattern="x"', "argsPattern cannot be said"),
        ('modes=["yolo"]', "modes cannot be said"),
        ('arg_pattern="[ab]*"', "more than stars"),
        ('commandPrefix="git *"', "holds wildcards"),
    ],
)
def test_a_condition_that_cannot_be_said__leaves_the_whole_rule_out(lines: str, why: str) -> None:
    found = read(
        f'[[rule]]\nname="keep"\naction="deny"\ntool="k"\n[[rule]]\nname="gone"\naction="allow"\ntool="t"\n{lines}'
    )
    assert [clause.number for clause in found.clauses] == ["keep"]
    assert found.untranslated[0].startswith("gone (line 5): ") and why in found.untranslated[0]


def test_dry_run_first_and_odd_tools__are_listed() -> None:
    found = read(
        '[[rule]]\naction="deny"\ntool="a"\n[[rule]]\naction="dry_run_first"\ntool="t"\n[[rule]]\naction="deny"\ntool="a?b"'
    )
    assert len(found.untranslated) == 2


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("a = [", "line 1", "no TOML"),
        ("a = 1\nb = = 2", "line 2, column 5", "no TOML"),
        ("a = 1", "the file", "There are no rules"),
        ("[rule]\nname='x'", "the file", "is a list of tables"),
        ('[[rule]]\ntool="x"', "line 1", "neither allow, deny nor ask"),
        ('\n[[rule]]\ntool="x"\naction="zap"', "line 2", "is no action"),
        ('[[rule]]\naction="deny"', "line 1", "names no tool"),
        ('[[rule]]\naction="deny"\ntool="x"\npriority="boss"', "line 1", "priority is admin"),
        (
            '[[rule]]\naction="deny"\ntool="x"\nname="n"\n[[rule]]\naction="deny"\ntool="x"\nname="N"',
            "line 5",
            "Two rules are called N",
        ),
        ('[[rule]]\naction="deny"\ntool="x"\nwhen="a >> b"', "line 1", "when: "),
        ('[[rule]]\naction="deny"\ntool=3', "line 1", "tool is a text"),
    ],
)
def test_a_fault__names_its_place(text: str, place: str, why: str) -> None:
    with pytest.raises(BadLawFile) as refused:
        read(text)
    assert refused.value.problems[0][0] == place
    assert why in refused.value.problems[0][1]


def test_deep_nesting_and_many_rules__refused() -> None:
    with pytest.raises(BadLawFile):
        read("a = " + "[" * 10_000)
    with pytest.raises(BadLawFile, match="more than 1000 rules"):
        read('[[rule]]\naction="deny"\ntool="x"\n' * 1001)
