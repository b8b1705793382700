"""The verifiers over HTTP, and a client."""

from typing import TYPE_CHECKING

from veritune.lazy import lazily
from veritune.serve.settings import ServeSettings

if TYPE_CHECKING:
    from veritune.serve.client import ServiceClient
    from veritune.serve.running import run_service
    from veritune.serve.service import make_service
else:
    __getattr__ = lazily(
        __name__,
        {
            "client": ("ServiceClient",),
            "running": ("run_service",),
            "service": ("make_service",),
        },
    )

__all__ = ["ServeSettings", "ServiceClient", "make_service", "run_service"]
