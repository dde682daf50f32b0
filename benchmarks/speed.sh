#!/bin/sh
# What README.md says of the speed of losses, start, slider and memory, one after the other: most of an hour, 10 GB of disk.
#
#     MOUSE_CHROMIUM=/usr/bin/chromium sh benchmarks/speed.sh
#
# Nothing else should run meanwhile. The page in `server/` must be built, as `make run` does.
set -eu
cd "$(dirname "$0")/.."

measure() {
    printf '\n%s  python -m benchmarks.%s\n' "$(date +%H:%M:%S)" "$*"
    .venv/bin/python -m "benchmarks.$@"
}

uptime
sh benchmarks/with_torchrl.sh
measure losses
measure peak_memory
measure start --repeat 3
measure interactive --actions 6 --sizes 4k 64k 1M 16M
measure interactive --actions 6 --sizes 4k 64k 1M 16M --loss vec_dqn --field reward_scale
measure interactive --actions 6 --sizes 4k 64k 1M 16M --loss sp --field label_smoothing
measure interactive --function examples/losses/ppo_clip.py:ppo_loss --field clip --sizes 64k
measure interactive --actions 2 --sizes 64k
measure slider --sizes 1M 16M
measure big_batches --sizes 16M --losses dqn sp vec_dqn sv
measure big_batches --sizes 16M --losses dqn --dtypes float32
uptime
