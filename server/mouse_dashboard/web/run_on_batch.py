"""Run work on a batch in a thread: with limited concurrency, a time limit, and cancellation on disconnect."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Request, Response
from pydantic import BaseModel

from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.cancel import CancelToken, ClientGoneError
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.store import BatchStore
from mouse_dashboard.store.batch_info import unknown_batch

EVALUATIONS_AT_ONCE = 2
"""More would not be faster, because torch uses every core for one, but each needs memory of its own."""
Result = TypeVar("Result")


class BatchRunner:
    """Runs work on stored batches beside the event loop."""

    def __init__(self, store: BatchStore, evaluator: Evaluator, seconds: float) -> None:
        self.limiter = CapacityLimiter(EVALUATIONS_AT_ONCE)
        self._store = store
        self._evaluator = evaluator
        self._seconds = seconds

    @property
    def losses(self) -> Mapping[str, AnyLoss]:
        """The loss registry that configs are resolved against."""
        return self._evaluator.losses

    def open_batch(self, batch_id: str) -> Batch:
        """Open a stored batch.

        Raises:
            ApiError: 404.
        """
        return self._store.batch(batch_id)

    async def run(
        self,
        request: Request,
        batch_id: str,
        work: Callable[[EvaluationContext], Response | BaseModel],
        configs: Mapping[str, LossConfig] | None = None,
    ) -> Response:
        """Open the batch and respond with the result of `work`; a deleted batch leaves nothing in the cache.

        Raises:
            ApiError: 404, the time limit is over, or whatever `work` raises.
        """

        def open_and_work(token: CancelToken) -> Response:
            token.check()
            batch, evaluator = self.open_batch(batch_id), self._evaluator
            try:
                result = evaluator.retry_on_cpu(lambda: work(EvaluationContext(batch, configs or {}, evaluator, token)))
                return json_response(result) if isinstance(result, BaseModel) else result
            except (OSError, RuntimeError) as error:
                if self._store.has_file(batch_id):
                    raise
                raise unknown_batch(batch_id) from error  # deleted meanwhile, with the file that `work` reads
            finally:
                if not self._store.has(batch_id):  # deleted meanwhile: what is cached of it would hold its file
                    self._store.open_batches.close(batch_id)
                    evaluator.forget(batch_id)

        try:
            return await self._in_thread(request, open_and_work)
        except ClientGoneError:
            return Response(status_code=499)  # nobody reads it

    async def _in_thread(self, request: Request, work: Callable[[CancelToken], Result]) -> Result:
        """Wait for a free slot and run; waiting counts towards the time limit, and a disconnect cancels the work.

        Raises:
            ClientGoneError: the client went away.
            ApiError: the time limit is over.
        """
        token = CancelToken(self._seconds)

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            token.cancel()

        watcher = asyncio.create_task(watch())
        try:
            return await run_sync(work, token, limiter=self.limiter)
        finally:
            token.cancel()  # cut off, the thread would go on
            watcher.cancel()


def json_response(model: BaseModel, status_code: int = 200) -> Response:
    """Serialise models with pydantic: FastAPI's own encoder would turn NaN into null."""
    return Response(model.model_dump_json(), status_code, media_type="application/json")
