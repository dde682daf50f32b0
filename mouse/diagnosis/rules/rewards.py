"""Rules over the reward pipeline."""

from collections.abc import Iterator

from torch import Tensor

from mouse.diagnosis.case import Case, reward_losses
from mouse.diagnosis.evaluation import Evaluation
from mouse.diagnosis.finding import Change, RawFinding, Severity
from mouse.diagnosis.need import any_loss, any_of, config, field, in_order, loss, transitions
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.evidence.agreement import codes
from mouse.evidence.counters import distinct
from mouse.losses.discount import TERMINAL
from mouse.losses.reward import RewardConfig
from mouse.wording import counted

NORMALISATION = ("https://github.com/pytorch/rl/issues/574",)


@rule(
    "reward-all-zero",
    "warning",
    needs=(any_of(any_loss(loss, reward_losses), field("reward")), transitions()),
    thresholds=("min_samples", "unpaid_deaths"),
    shows="The non-zero rewards among those that the loss reads: `reward`, or `xformed_reward` with"
    " `use_xformed_reward`; in batches of `min_samples` transitions at least. It is information where up to"
    " `unpaid_deaths` episodes ended by limits alone, or died in several states: a world that pays for reaching a goal"
    " alone shows no more before it is reached.",
    why="Values decay to 0, or drift: nothing in the batch says what is good.",
    fix="Check the reward's source and its transformation; with sparse rewards, larger batches or prioritised replay.",
    explains=("q-overestimation", "target-scale"),
    sources=("https://andyljones.com/posts/rl-debugging.html",),
)
def reward_all_zero(case: Case) -> Iterator[RawFinding]:
    """There is no reward in the batch.

    No reward differs from 0, so there is nothing to learn from but the bootstrap.
    """
    running = case.running(*reward_losses(case.losses))[:1]
    raw: Tensor = running[0].terms.reward_raw if running else case.field("reward")[:, 1:]
    if bool((raw != 0).any()):
        return
    name, change = "reward", None
    if running and running[0].cfg.use_xformed_reward:
        name = "xformed_reward"
        other = case.optional("reward")
        has_other = other is not None and bool((other[:, 1:] != 0).any())
        change = Change(f"{running[0].name}.use_xformed_reward", value=False) if has_other else None
    message = f"0 of {raw.numel():,} transitions have a {name} other than 0, expected 1 at least."
    severity: Severity | None = "info" if _may_be_sparse(case) else None
    yield RawFinding(
        message=message, measured=0, threshold=1, field=f"step_stream.{name}", change=change, severity=severity
    )


def _may_be_sparse(case: Case) -> bool:
    """Whether no end is that of a goal: limits cut all episodes, or they died in several states, and not too many did.

    A state is known by the observation before the end, where observations come again.
    """
    done, observations = case.optional("done"), case.observations
    if done is None:
        return False
    died = done[:, 1:] == TERMINAL
    if not bool(died.any()):
        return 0 < int((done[:, 1:] != 0).sum()) <= case.thresholds.unpaid_deaths
    if observations is None or int(died.sum()) > case.thresholds.unpaid_deaths:
        return False
    number = codes(observations.flatten(0, 1)).view_as(done)
    comes_again = 2 * (int(number.max()) + 1) < number.numel()
    return comes_again and len(distinct(number[:, :-1][died])) > 1


@rule(
    "reward-constant-normalized",
    "error",
    needs=(any_loss(loss, reward_losses),),
    thresholds=("constant_reward_std", "normalized_reward_max"),
    shows="The largest size of a normalised reward. As a warning: sequences of one and the same reward, all of which"
    " `normalize_reward_mean` turns into 0.",
    why="Targets of 1e6 and more destroy the network in one step; rewards of 0 teach nothing.",
    fix="Switch normalize_reward_std off, or scale by a fixed number.",
    sources=(*NORMALISATION, "https://github.com/DLR-RM/stable-baselines3/blob/master/docs/misc/changelog.rst"),
)
def reward_constant_normalized(case: Case) -> Iterator[RawFinding]:
    """Normalisation divides a constant reward by almost nothing.

    `normalize_reward_std` divides the rewards of a sequence that hardly vary by `normalize_reward_eps`.
    """
    for found in case.running(*reward_losses(case.losses)):
        if found.cfg.normalize_reward_std:
            yield from _constant(case, found)


def _constant(case: Case, found: Evaluation) -> Iterator[RawFinding]:
    raw, normalized = found.terms.reward_raw, found.terms.reward_normalized.abs()
    change = Change(f"{found.name}.normalize_reward_std", value=False)
    measured, limit = float(normalized.amax()), case.thresholds.normalized_reward_max
    if measured > limit:
        mask = normalized > limit
        message = (
            f"Normalised rewards reach {measured:.3g} (threshold {limit:g}),"
            f" in {counted(int(mask.any(dim=1).sum()), 'row')} whose rewards hardly vary."
        )
        yield RawFinding(message=message, measured=measured, threshold=limit, mask=mask, loss=found.name, change=change)
    largest = raw.abs().amax(dim=1)
    spread = (raw - raw[:, :1]).std(dim=1)
    flat = (spread <= case.thresholds.constant_reward_std * largest) & (largest > 0)
    if found.cfg.normalize_reward_mean and bool(flat.any()):
        mask = flat.unsqueeze(1).expand_as(raw)
        measured = float((spread / largest)[flat].amax())
        message = (
            f"{counted(int(flat.sum()), 'row')} of {len(flat):,} hold one reward throughout, and it is normalised to 0"
            f" (relative deviation {measured:.1e}, threshold {case.thresholds.constant_reward_std:g})."
        )
        yield RawFinding(
            message=message,
            measured=measured,
            threshold=case.thresholds.constant_reward_std,
            mask=mask,
            loss=found.name,
            change=change,
            severity="warning",
        )


@rule(
    "reward-single-normalized",
    "error",
    needs=(any_loss(config, reward_losses),),
    shows="S - 1, the transitions of a sequence, where the switch is on.",
    why="The loss refuses a deviation of one number. Its mean is the number itself: every reward becomes 0.",
    fix="Switch the normalisation off, or use longer sequences.",
    sources=NORMALISATION,
)
def reward_single_normalized(case: Case) -> Iterator[RawFinding]:
    """Normalisation of a single reward.

    `normalize_reward_std` or `normalize_reward_mean` with one transition per sequence, as transitions without order
    are: one number has no standard deviation, and nothing is left of it without its mean.
    """
    if case.shape is None:
        raise RuleSkipped("a batch size [B, S]")
    transitions = case.shape[1] - 1
    for name in reward_losses(case.losses):
        cfg = case.configs.get(name)
        if isinstance(cfg, RewardConfig) and cfg.normalize_reward_std and transitions < 2:
            message = (
                f"{name} normalises by a deviation over {counted(transitions, 'transition')}, expected 2 at least."
            )
            field = f"configs.{name}.normalize_reward_std"
            change = Change(f"{name}.normalize_reward_std", value=False)
            yield RawFinding(message=message, measured=transitions, threshold=2, field=field, change=change)
        elif isinstance(cfg, RewardConfig) and cfg.normalize_reward_mean and transitions == 1:
            message = (
                f"{name} takes the mean of 1 transition from itself, so that every reward is 0, expected 2 at least."
            )
            field = f"configs.{name}.normalize_reward_mean"
            change = Change(f"{name}.normalize_reward_mean", value=False)
            yield RawFinding(message=message, measured=transitions, threshold=2, field=field, change=change)


@rule(
    "reward-sign-flip",
    "warning",
    needs=(in_order, any_loss(loss, reward_losses)),
    thresholds=("sign_flip_share",),
    shows="In sequences whose rewards have one sign only: transitions that come out of the pipeline with the other.",
    why="Where every step is paid, living longer is good; with the mean taken off, half of the steps punish it.",
    fix="Scale rewards, do not centre them; a shift changes what an episode's length is worth.",
    sources=(*NORMALISATION, "http://joschu.net/docs/nuts-and-bolts.pdf"),
)
def reward_sign_flip(case: Case) -> Iterator[RawFinding]:
    """Rewards become penalties.

    Mean subtraction, a shift or a negative scale turns rewards into penalties, or the reverse.
    """
    for found in case.running(*reward_losses(case.losses)):
        raw = found.terms.reward_raw
        used = found.terms.theta if found.name == "vec_dqn" else found.terms.reward
        flipped = ((raw >= 0).all(dim=1, keepdim=True) & (used < 0)) | (
            (raw <= 0).all(dim=1, keepdim=True) & (used > 0)
        )
        flipped &= (raw != 0).any(dim=1, keepdim=True)
        measured, limit = share(flipped), case.thresholds.sign_flip_share
        if measured > limit:
            message = (
                f"{percent(measured)} of the rewards come out with a sign that no reward of their row had"
                f" (threshold {percent(limit)})."
            )
            change = _cause(found)
            yield RawFinding(
                message=message, measured=measured, threshold=limit, mask=flipped, loss=found.name, change=change
            )


def _cause(found: Evaluation) -> Change:
    """The first step of the pipeline that can turn a sign."""
    if found.cfg.normalize_reward_mean:
        return Change(f"{found.name}.normalize_reward_mean", value=False)
    if found.cfg.reward_scale < 0:
        return Change(f"{found.name}.reward_scale", -found.cfg.reward_scale)
    return Change(f"{found.name}.reward_shift", 0.0)
