"""Writes torch_reference.json: what PyTorch's optimizers and schedulers do, for the tests here.

Not a test, and not needed to run them. Run it with PyTorch 2.13 to write the file anew:

    python tests/learn/torch_reference.py
"""

import json
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)

STEPS = 50
KEPT = (1, 2, 3, 5, 10, 20, 35, 50)
X, W = 0.7, [[0.5, -1.2], [2.0, 0.3]]
A = [[1.0, 0.5], [0.25, 2.0]]

OPTIMIZERS = {
    "sgd": (torch.optim.SGD, {}),
    "sgd:weight_decay=0.1": (torch.optim.SGD, {"weight_decay": 0.1}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "momentum:beta=0.5,weight_decay=0.1": (
        torch.optim.SGD,
        {"momentum": 0.5, "weight_decay": 0.1},
    ),
    "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "nesterov:beta=0.3,weight_decay=0.2": (
        torch.optim.SGD,
        {"momentum": 0.3, "nesterov": True, "weight_decay": 0.2},
    ),
    "adagrad": (torch.optim.Adagrad, {}),
    "adagrad:lr_decay=0.1,eps=1e-3": (torch.optim.Adagrad, {"lr_decay": 0.1, "eps": 1e-3}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "rmsprop:alpha=0.9,eps=1e-2,weight_decay=0.1": (
        torch.optim.RMSprop,
        {"alpha": 0.9, "eps": 1e-2, "weight_decay": 0.1},
    ),
    "adam": (torch.optim.Adam, {}),
    "adam:beta1=0.8,beta2=0.9,eps=1e-3,weight_decay=0.1": (
        torch.optim.Adam,
        {"betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1},
    ),
    "adamw": (torch.optim.AdamW, {}),
    "adamw:weight_decay=0.3": (torch.optim.AdamW, {"weight_decay": 0.3}),
}

SCHEDULES = {
    "step:size=7,factor=0.5": lambda o: torch.optim.lr_scheduler.StepLR(o, 7, 0.5),
    "exponential:rate=0.9": lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9),
    "linear:end=0.2,steps=30": lambda o: torch.optim.lr_scheduler.LinearLR(o, 1.0, 0.2, 30),
    "cosine:end=0.1": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, STEPS, 0.1),
}

LOSSES = [9.0, 8, 7, 7, 7, 7, 7, 6.9999, 7, 7, 3, 3, 3, 3, 3, 3, 3, 3] + [2.0] * 14
PLATEAUS = {
    "plateau": {},
    "plateau:patience=2": {"patience": 2},
    "plateau:patience=1,factor=0.5,cooldown=3": {"patience": 1, "factor": 0.5, "cooldown": 3},
    "plateau:patience=0,factor=0.5,min=0.1": {"patience": 0, "factor": 0.5, "min_lr": 0.1},
    "plateau:patience=1,threshold=0,factor=0.5": {"patience": 1, "threshold": 0.0, "factor": 0.5},
}


def trajectory(make, options, lr):
    x = torch.tensor(X, requires_grad=True)
    w = torch.tensor(W, requires_grad=True)
    optimizer = make([x, w], lr=lr, **options)
    points = {}
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        loss = (torch.tensor(A) * w**4).sum() / 4 + (x * w.sum() - 1) ** 2
        loss.backward()
        optimizer.step()
        if step in KEPT:
            points[step] = [x.item(), *w.detach().flatten().tolist()]
    return points


def rates(make):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer)
    found = []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def plateau(options):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    found = []
    for loss in LOSSES:
        scheduler.step(loss)
        found.append(optimizer.param_groups[0]["lr"])
    return found


if __name__ == "__main__":
    reference = {
        "torch": torch.__version__,
        "start": {"x": X, "W": W, "A": A},
        "trajectories": [
            {"optimizer": name, "lr": lr, "points": trajectory(make, options, lr)}
            for name, (make, options) in OPTIMIZERS.items()
            for lr in ((0.02,) if make is torch.optim.SGD else (0.1, 0.01))
        ],
        "rates": {name: rates(make) for name, make in SCHEDULES.items()},
        "losses": LOSSES,
        "plateaus": {name: plateau(options) for name, options in PLATEAUS.items()},
    }
    file = Path(__file__).with_name("torch_reference.json")
    file.write_text(json.dumps(reference, indent=0) + "\n")
