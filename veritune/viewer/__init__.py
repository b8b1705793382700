"""The viewer: a run in a browser, page by page, while it runs or after."""

from typing import TYPE_CHECKING

from veritune.lazy import lazily

# Starlette is loaded when a run is viewed.
if TYPE_CHECKING:
    from veritune.viewer.app import make_app
    from veritune.viewer.files import verdict_folder
    from veritune.viewer.run import ViewedRun
    from veritune.viewer.saved import page_of, write_report
    from veritune.viewer.serving import serve_labels, serve_view
else:
    __getattr__ = lazily(
        __name__,
        {
            "app": ("make_app",),
            "files": ("verdict_folder",),
            "run": ("ViewedRun",),
            "saved": ("page_of", "write_report"),
            "serving": ("serve_labels", "serve_view"),
        },
    )

__all__ = [
    "ViewedRun",
    "make_app",
    "page_of",
    "serve_labels",
    "serve_view",
    "verdict_folder",
    "write_report",
]
