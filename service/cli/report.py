"""What the command line prints of a judged file."""

from datetime import tzinfo

from service.answers.documents import VERDICT_TEXTS
from service.answers.files import FileVerdict
from service.domain.instant import SECOND_US, duration_text, to_datetime
from service.domain.profiles import Profile
from service.domain.series.bounded import Bounded, bounded_text
from service.domain.verdicts.verdict import Judgement
from service.formats.logger_file import LoggerFile


def file_report(found: FileVerdict, file: LoggerFile, profile: Profile, zone: tzinfo) -> str:
    """Verdict, reasons, figures for each limit in minutes, day by day, and what the device says of itself."""
    figures = found.temperatures
    lines = [
        f"{file.model} {file.logger_id or ''}".strip(),
        f"{_time(found.from_us, zone)} to {_time(found.until_us, zone)}, {figures.readings} readings",
        f"profile {profile.id} version {profile.version}: {profile.name}",
        "",
        f"verdict: {VERDICT_TEXTS[found.judgement.verdict]}",
        *(f"  - {reason.text}" for reason in found.judgement.reasons),
        "",
        f"{'minutes beyond':<24}{'certain':>10}{'possible':>10}{'allowed':>10}",
        *_limit_lines(found.judgement),
    ]
    if len(found.days) > 1:
        for day in found.days:
            lines += [f"on {day.starts_at:%Y-%m-%d}", *_limit_lines(day.judgement)]
    lines += [
        "",
        f"minimum {_bounded(figures.minimum)}, maximum {_bounded(figures.maximum)}, mean {_celsius(figures.mean_c)}",
        f"mean kinetic temperature {_celsius(figures.mean_kinetic_c)} "
        f"(ΔH {profile.activation_energy_kj_per_mol:g} kJ/mol)",
    ]
    if figures.without_number:
        lines.append(f"{figures.without_number} readings carry no number and are not in the means")
    if figures.left_out_us:
        left_out = duration_text(figures.left_out_us)
        lines.append(f"the means leave out {left_out} beside readings that are no number to be believed, as HI and LO")
    if file.understood:
        lines += ["", *understood_lines(file)]
    if file.own_figures:
        lines += ["", "the device says of itself:", *(f"  {name}: {text}" for name, text in file.own_figures.items())]
    return "\n".join(lines)


def understood_lines(file: LoggerFile) -> list[str]:
    """How the table was read, for its owner to check."""
    return ["understood:", *(f"  {sentence}" for sentence in file.understood.sentences())] if file.understood else []


def _limit_lines(judgement: Judgement) -> list[str]:
    return [
        f"  {x.limit.text:<22}"
        f"{x.certain_us / SECOND_US / 60:>10.2f}{x.possible_us / SECOND_US / 60:>10.2f}"
        + (f"{x.limit.budget_s / 60:>10g}" if x.limit.budget_s is not None else f"{'warns':>10}")
        for x in judgement.limits
    ]


def _time(instant_us: int, zone: tzinfo) -> str:
    return f"{to_datetime(instant_us).astimezone(zone):%Y-%m-%d %H:%M %z}"


def _bounded(found: Bounded | None) -> str:
    return "unknown" if found is None else bounded_text(found, _celsius)


def _celsius(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f} °C".replace("-", "−")
