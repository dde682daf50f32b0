#!/bin/sh
# The losses beside torchrl's DQN loss, in an environment of its own: torchrl needs an older tensordict than this project.
#
#     sh benchmarks/with_torchrl.sh [--sizes small ...]
#
# The environment lies in .venv-torchrl and is made once.
set -eu
cd "$(dirname "$0")/.."
environment=.venv-torchrl
if [ ! -e "$environment/.ready" ]; then
    .venv/bin/uv venv --quiet --clear --python .venv/bin/python "$environment"
    wheels=${PIP_FIND_LINKS:-$(.venv/bin/pip config get global.find-links 2>/dev/null || true)}
    .venv/bin/uv pip install --quiet --python "$environment" ${wheels:+"--find-links=$wheels"} \
        --constraints constraints.txt torchrl "tensordict<0.15" pydantic jaxtyping safetensors urllib3 rich
    touch "$environment/.ready"
fi
exec "$environment/bin/python" -m benchmarks.losses "$@"
