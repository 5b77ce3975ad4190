"""The publications behind the method, as a paper lists them; CITATION.cff has the same ones."""

from __future__ import annotations

__all__ = ["REFERENCES", "Citations"]

#: Authors, year, title, where, and how to find it.
REFERENCES = {
    "autoStructN2V": "Fortune L. autoStructN2V. Software. https://github.com/lucasfortune/autoStructN2V",
    "Noise2Void": (
        "Krull A, Buchholz T-O, Jug F (2019). Noise2Void - Learning Denoising from Single Noisy Images. IEEE/CVF "
        "Conference on Computer Vision and Pattern Recognition (CVPR), 2124-2132. "
        "https://doi.org/10.1109/CVPR.2019.00223"
    ),
    "structN2V": (
        "Broaddus C, Krull A, Weigert M, Schmidt U, Myers G (2020). Removing Structured Noise with Self-Supervised "
        "Blind-Spot Networks. IEEE 17th International Symposium on Biomedical Imaging (ISBI), 159-163. "
        "https://doi.org/10.1109/ISBI45749.2020.9098336"
    ),
    "N2V2": (
        "Höck E, Buchholz T-O, Brachmann A, Jug F, Freytag A (2022). N2V2 - Fixing Noise2Void Checkerboard Artifacts "
        "with Modified Sampling Strategies and a Tweaked Network Architecture. Computer Vision - ECCV 2022 Workshops, "
        "503-518. https://doi.org/10.1007/978-3-031-25069-9_33"
    ),
    "Muon": (
        "Jordan K, Jin Y, Boza V, You J, Cesista F, Newhouse L, Bernstein J (2024). Muon - An optimizer for hidden "
        "layers in neural networks. https://kellerjordan.github.io/posts/muon/"
    ),
    "SURE": (
        "Stein CM (1981). Estimation of the Mean of a Multivariate Normal Distribution. The Annals of Statistics 9(6), "
        "1135-1151. https://doi.org/10.1214/aos/1176345632"
    ),
    "SURE-LET": (
        "Blu T, Luisier F (2007). The SURE-LET Approach to Image Denoising. IEEE Transactions on Image Processing "
        "16(11), 2778-2786. https://doi.org/10.1109/TIP.2007.906002"
    ),
    "Monte-Carlo SURE": (
        "Ramani S, Blu T, Unser M (2008). Monte-Carlo SURE - A Black-Box Optimization of Regularization Parameters for "
        "General Denoising Algorithms. IEEE Transactions on Image Processing 17(9), 1540-1554. "
        "https://doi.org/10.1109/TIP.2008.2001404"
    ),
    "PyTorch": (
        "Paszke A et al. (2019). PyTorch - An Imperative Style, High-Performance Deep Learning Library. Advances in "
        "Neural Information Processing Systems 32, 8024-8035. https://doi.org/10.48550/arXiv.1912.01703"
    ),
    "napari": (
        "napari contributors (2019). napari - a multi-dimensional image viewer for Python. "
        "https://doi.org/10.5281/zenodo.3555620"
    ),
}


class Citations:
    """Numbers references in the order in which they are first cited."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def cite(self, *names: str) -> str:
        """Return the numbers of references, such as "[1, 2]"."""
        numbers = [self._numbers.setdefault(name, len(self._numbers) + 1) for name in names]
        return f"[{', '.join(map(str, numbers))}]"

    def listed(self) -> str:
        """Return the references that were cited, one a line."""
        return "\n".join(f"[{number}] {REFERENCES[name]}" for name, number in self._numbers.items())
