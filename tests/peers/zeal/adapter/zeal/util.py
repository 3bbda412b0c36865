"""What zeal calls internal is what is not the project's to djscope."""

from pathlib import Path

from djscope_probes.stacks import is_app_file

_ZEAL_DIR = str(Path(__file__).parent)


def _is_internal_frame(filename: str) -> bool:
    return not is_app_file(filename)
