"""`python -m mouse.demo` trains the learner; `--push URL` lets a dashboard watch."""

from mouse.demo.live import main

main()
