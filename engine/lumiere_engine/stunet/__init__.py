"""The Space-Time U-Net: its parameters, blocks, network and checkpoints."""

from .network import STUNet
from .params import SHOT, TINY, STUNetParams

__all__ = ["SHOT", "TINY", "STUNet", "STUNetParams"]
