"""Published process reward models, one file a convention: how steps are laid out and read.

Each file's `lay_out` gives token ids and the places at which the chance of every step is read; the
places follow the code that was published with the model. No code of a model's folder is ever run.
"""

from veritune.models.conventions.convention import Convention, Texts
from veritune.models.conventions.published import PublishedModel, laid_out, load_published
from veritune.models.conventions.table import CONVENTIONS, convention_of

__all__ = [
    "CONVENTIONS",
    "Convention",
    "PublishedModel",
    "Texts",
    "convention_of",
    "laid_out",
    "load_published",
]
