"""A training that goes on where it stopped: net, the running mean of its weights, optimiser, minutes of CPU spent."""
import copy
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn


def follow(mean, net, share):
    """A running mean of the weights, and of what the normalisations have seen."""
    with torch.no_grad():
        for m, v in zip(mean.state_dict().values(), net.state_dict().values()):
            if m.is_floating_point():
                m.add_(v - m, alpha=share)


class KeptRun:
    """`keep`: its file, or None. What is worth keeping of it is the mean."""

    def __init__(self, net, keep, peak, minutes):
        self.net = net.to(memory_format=torch.channels_last)
        self.mean = copy.deepcopy(self.net)
        self.peak, self.minutes, self.keep = peak, minutes, keep
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=peak, weight_decay=1e-2)
        self.parts, self.spent, self.steps = (self.net, self.mean, self.optimiser), 0.0, 0
        if keep and Path(keep).exists():
            *states, self.spent, self.steps = torch.load(keep)
            for part, state in zip(self.parts, states):
                part.load_state_dict(state)
        self.begun = time.process_time() - 60 * self.spent

    def save(self):
        if self.keep:
            torch.save([part.state_dict() for part in self.parts] + [self.spent, self.steps], self.keep + ".new")
            os.replace(self.keep + ".new", self.keep)

    def rate(self):
        """Of learning: up over 300 steps, then down along a cosine with the minutes."""
        return self.peak * min(1, (self.steps + 1) / 300) * (0.5 + 0.5 * np.cos(np.pi * min(self.spent / self.minutes, 1))) + 1e-6

    def learn(self, loss):
        for g in self.optimiser.param_groups:
            g["lr"] = self.rate()
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.steps += 1
        follow(self.mean, self.net, max(0.001, 1 / (self.steps + 1)))
        self.spent = (time.process_time() - self.begun) / 60
        return loss.item()
