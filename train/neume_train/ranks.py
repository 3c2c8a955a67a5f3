# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Several processes that train one network, as torchrun starts them.

Without torchrun there is one process, rank 0 of 1, and nothing is sent.
"""

import gc
import os

import torch
from torch import distributed


class Ranks:
    """This process among those that work together."""

    def __init__(self):
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        self.device = torch.device("cpu")
        if torch.cuda.is_available():
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
            torch.cuda.set_device(self.device)
            torch.backends.cudnn.benchmark = True  # Shapes are always the same
        if self.count > 1:
            distributed.init_process_group("nccl" if self.device.type == "cuda" else "gloo")

    @property
    def first(self):
        """Whether this process speaks and writes for all."""
        return self.rank == 0

    def share(self, items):
        """What of `items` this process does."""
        return items[self.rank :: self.count]

    def agree(self, *values):
        """The first process's numbers, in all of them."""
        if self.count == 1:
            return values
        together = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.broadcast(together, 0)
        return tuple(together.tolist())

    def total(self, *values):
        """The sums of all processes' numbers."""
        if self.count == 1:
            return values
        together = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.all_reduce(together)
        return tuple(together.tolist())

    def same(self, stack):
        """Give `stack` the first process's buffers: each one's normalisation has heard
        other clips."""
        if self.count > 1:
            for buffer in stack.buffers():
                distributed.broadcast(buffer, 0)

    def parallel(self, stack):
        """`stack`, whose gradients are averaged over all processes.

        Normalisation sees this process's clips; the first one's averages hold.
        """
        if self.count == 1:
            return stack
        where = [self.device.index] if self.device.type == "cuda" else None
        return torch.nn.parallel.DistributedDataParallel(stack, device_ids=where)

    def close(self):
        """Leave the group and end its threads, once nothing holds parallel()'s network.

        A thread of the group that outlives Python ends the process by SIGABRT: letting
        go of the last sum's numbers, it asks for the lock of an interpreter that is gone.
        """
        if self.count > 1:
            gc.collect()  # The network refers to itself
            distributed.destroy_process_group()
