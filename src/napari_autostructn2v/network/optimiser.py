"""The optimiser of the convolution kernels: momentum whose updates are made orthogonal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from .beside_mesa import keep_triton_away

__all__ = ["Muon", "optimisers"]

#: Coefficients of the fifth-order polynomial that pulls all singular values towards one; from Jordan's publication.
_A, _B, _C = 3.4445, -4.7750, 2.0315

_ITERATIONS = 5

#: Kernels of at most so many weights are taken together: each by itself would wake the threads for every small product,
#: which took a quarter of a training. Larger ones are worth it, and zeros up to their size would be work for nothing.
_SMALL = 2**16

#: Biases and the kernels of the first and last layer learn best at about this share of the rate of the others.
_PLAIN_SHARE = 1 / 3


def optimisers(network: nn.Module, learning_rate: float) -> list[torch.optim.Optimizer]:
    """Return the optimisers that train a network: Muon for kernels between channels, AdamW for all else."""
    keep_triton_away()
    kernels = [weight for weight in network.parameters() if weight.ndim == 4 and min(weight.shape[:2]) > 1]
    chosen = {id(weight) for weight in kernels}
    others = [weight for weight in network.parameters() if id(weight) not in chosen]
    plain = torch.optim.AdamW(others, lr=_PLAIN_SHARE * learning_rate, weight_decay=1e-3)
    return [Muon(kernels, lr=learning_rate), plain] if kernels else [plain]


class Muon(torch.optim.Optimizer):
    """Momentum orthogonalised by Newton-Schulz iterations.

    Parameters
    ----------
    params : iterable of Tensor
        With at least two dimensions; all but the first are taken together.
    lr : float
        Root mean square of an update, up to the shape of the kernel.
    momentum : float
        Nesterov momentum.

    Notes
    -----
    K. Jordan et al., *Muon: an optimizer for hidden layers in neural networks* (2024). All directions of a kernel learn
    equally fast, which gets further in a few hundred steps than scaling every weight by itself as Adam does.
    """

    def __init__(self, params: Iterable[torch.Tensor], lr: float, momentum: float = 0.95) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Update the weights once."""
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            gradients = [weight.grad for weight in weights]
            for weight in weights:
                if not self.state[weight]:
                    self.state[weight]["mean"] = torch.zeros_like(weight)
            means = [self.state[weight]["mean"] for weight in weights]
            torch._foreach_lerp_(means, gradients, 1 - group["momentum"])
            updates = torch._foreach_lerp(gradients, means, group["momentum"])
            small = [number for number, weight in enumerate(weights) if weight.numel() <= _SMALL]
            large = [[number] for number, weight in enumerate(weights) if weight.numel() > _SMALL]
            for together in [small, *large] if small else large:
                matrices = [updates[number].reshape(len(updates[number]), -1) for number in together]
                for number, matrix in zip(together, _orthogonal(matrices), strict=True):
                    scale = max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
                    weights[number].add_(matrix.reshape(weights[number].shape), alpha=-group["lr"] * scale)


def _orthogonal(matrices: list[torch.Tensor]) -> list[torch.Tensor]:
    """Return matrices with the same singular vectors and singular values near one.

    All at once, with zeros up to a common size, which stay zeros.
    """
    tall = [matrix.shape[0] > matrix.shape[1] for matrix in matrices]
    wide = [matrix.mT if turned else matrix for matrix, turned in zip(matrices, tall, strict=True)]
    rows, columns = (max(matrix.shape[axis] for matrix in wide) for axis in (0, 1))
    result = wide[0].new_zeros((len(wide), rows, columns))
    for place, matrix in zip(result, wide, strict=True):
        place[: matrix.shape[0], : matrix.shape[1]] = matrix
    result /= torch.linalg.matrix_norm(result, keepdim=True) + 1e-7
    for _ in range(_ITERATIONS):
        square = result @ result.mT
        polynomial = torch.baddbmm(square, square, square, beta=_B, alpha=_C)
        result = torch.baddbmm(result, polynomial, result, beta=_A)
    cut = [own[: matrix.shape[0], : matrix.shape[1]] for own, matrix in zip(result, wide, strict=True)]
    return [own.mT if turned else own for own, turned in zip(cut, tall, strict=True)]
