from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from routing.connectors import installed, limits, ways
from routing.connectors.queries import Whole

HOW: Final = (
    ("fastapi:http", _("FastAPI service (signed JSON envelope)")),
    ("vercel:http", _("Vercel function (signed JSON envelope)")),
    ("lambda:http", _("Lambda function (signed JSON envelope)")),
    ("n8n:n8n", _("n8n workflow (webhook)")),
    ("local:mcp_stdio", _("Local: Model Context Protocol over stdio")),
    ("local:mcp_http", _("Local: Model Context Protocol over HTTP")),
    ("local:callable", _("Local: function registered in TARS")),
)


class ConnectorForm(forms.Form):
    """How a system is reached, as people write it; the verb checks it."""

    how = forms.ChoiceField(label=_("How it is reached"), choices=HOW)
    target = forms.CharField(label=_("Where"), max_length=2000)
    arguments = forms.CharField(
        label=_("Arguments"),
        required=False,
        help_text=_("Of the command, one a line. Only where the operator allows them."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    api_key_required = forms.BooleanField(
        label=_("It needs a secret"),
        required=False,
        help_text=_("Without one in force it is not called. Set it after saving; it is sealed and never shown."),
    )
    entry_tool = forms.CharField(
        label=_("Entry tool"),
        max_length=200,
        initial="handle_request",
        help_text=_("Called where no tool is named like the action."),
    )
    timeout_s = forms.DecimalField(label=_("Longest call, in seconds"), min_value=0, max_digits=7, initial=60)
    most_at_once = forms.IntegerField(label=_("Calls at once"), initial=4)
    most_bytes = forms.IntegerField(label=_("Largest answer, in bytes"), initial=1_000_000)
    maximums = forms.CharField(
        label=_("What one call may cost at most"),
        required=False,
        help_text=_("One a line, such as usd_budget: 0.25. Set aside when nobody knows better."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    may_repeat = forms.BooleanField(
        label=_("A lost answer may be asked for again"),
        required=False,
        help_text=_("The agent knows a repeated call by its idempotency key and does nothing twice."),
    )
    keeps_arguments = forms.BooleanField(
        label=_("Telemetry keeps the arguments of calls"),
        required=False,
        help_text=_("Scrubbed of what looks like a secret. Otherwise only a digest is kept."),
    )
    simulates_dreams = forms.BooleanField(
        label=_("It only simulates in dreams"),
        required=False,
        help_text=_(
            "The agent changes nothing when a call's mode is dream. Otherwise dreams call only tools that read."
        ),
    )

    def __init__(self, data: Any = None, *, whole: Whole | None = None) -> None:
        super().__init__(data, initial=_initial(whole) if whole else None)
        commands = ", ".join(sorted(installed.commands())) or str(_("none"))
        functions = ", ".join(installed.functions()) or str(_("none"))
        self.fields["target"].help_text = _(
            "An https address; or an allowed command's name (%(commands)s); or a registered function's name (%(functions)s)."
        ) % {"commands": commands, "functions": functions}

    def clean_maximums(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in self.cleaned_data["maximums"].splitlines():
            name, colon, amount = line.partition(":")
            if line.strip() and not (colon and name.strip() and amount.strip()):
                raise forms.ValidationError(_("Write each line as type: amount."))
            if line.strip():
                found[name.strip()] = amount.strip()
        try:
            limits.amounts_of(found)
        except ValueError as error:
            raise forms.ValidationError(_("%(name)s is no amount.") % {"name": error}) from None
        return found

    def wish(self) -> dict[str, Any]:
        """What the verb takes."""
        said = dict(self.cleaned_data)
        deployment, _colon, kind = said.pop("how").partition(":")
        lines = [line.strip() for line in said.pop("arguments").splitlines() if line.strip()]
        timeout_ms = int(said.pop("timeout_s") * 1000)
        return {**said, "deployment_type": deployment, "kind": kind, "arguments": lines, "timeout_ms": timeout_ms}


class SecretForm(forms.Form):
    """A secret on its way in; nothing of it is drawn again."""

    name = forms.CharField(label=_("Name"), required=False, max_length=64)
    value = forms.CharField(
        label=_("Value"),
        max_length=ways.LONGEST_SECRET,
        strip=False,
        help_text=_("Sealed at once and never shown again."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    overlap_hours = forms.IntegerField(
        label=_("Hours for which the former version is kept"),
        min_value=0,
        max_value=720,
        initial=24,
        help_text=_("It is sent again if the new one is retired in that time."),
    )

    def __init__(self, data: Any = None, *, kind: str = "") -> None:
        super().__init__(data)
        usual = ways.usual_name(kind)
        self.fields["name"].initial = usual
        self.fields["name"].required = not usual
        self.fields["name"].help_text = (
            _("The header that carries it.")
            if usual
            else _("The environment variable that carries it, such as API_KEY.")
        )

    def wish(self) -> dict[str, Any]:
        """What the verb takes."""
        said = self.cleaned_data
        return {"name": said["name"], "value": said["value"], "overlap": timedelta(hours=said["overlap_hours"])}


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"), max_length=500, help_text=_("Everybody whose request is refused reads it.")
    )


def _initial(whole: Whole) -> dict[str, Any]:
    settings = dict(whole.settings)
    return {
        **settings,
        "how": f"{whole.line.deployment}:{whole.line.kind}",
        "target": whole.line.target,
        "arguments": "\n".join(settings["arguments"]),
        "timeout_s": settings["timeout_ms"] / 1000,
        "maximums": "\n".join(f"{name}: {amount}" for name, amount in settings["maximums"].items()),
        "api_key_required": whole.api_key_required,
    }
