"""The sdist holds all of the tests; setuptools alone takes tests/test*.py and nothing below."""

from __future__ import annotations

import os

from setuptools.command.sdist import sdist


class WithTests(sdist):
    """An sdist with every file under tests/ but what Python leaves there."""

    def make_distribution(self) -> None:
        for folder, folders, files in os.walk("tests"):
            folders[:] = [name for name in folders if name[0] not in "._"]
            self.filelist.extend(os.path.join(folder, name) for name in files)
        self.filelist.remove_duplicates()
        super().make_distribution()
