"""Models that the user already has on disk: text encoders, pictures as latents, folders of diffusers' layout.

Nothing is ever fetched: every file is named by a path on this machine, and only safetensors are read.
"""
