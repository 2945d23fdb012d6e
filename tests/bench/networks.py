"""The networks of core/network_*.c, written plainly in PyTorch.

Submodules are named so that a parameter has the same name here and there. Convolutions here are
channels first, and their weights [out, in, tap]; Ambit's are [out, tap, in].
"""
import torch
import torch.nn.functional as F
from torch import nn


class Options:
    """Sizes, as ambit_network_options."""

    def __init__(self, kind, chunk_steps, chunk_width, observation, width, depth, heads=0,
                 image=(0, 0, 0, 0), conditioning="auto"):
        self.image = image  # channels, height, width, patch; instead of the chunk
        self.conditioning = conditioning  # "auto"; mlp: or "adaln"
        self.kind, self.chunk_steps, self.chunk_width = kind, chunk_steps, chunk_width
        self.observation, self.width, self.depth, self.heads = observation, width, depth, heads

    def data_shape(self):
        return self.image[:3] if self.image[0] else (self.chunk_steps, self.chunk_width)


def sigma_features(sigma):
    """sin and cos of ½·l·1.5ᵏ, l = ½·ln(√(1−σ²)/σ); σ is batch × 1."""
    s = sigma.double().clamp(1e-4, 1 - 1e-7)
    angle = 0.25 * torch.log(torch.sqrt((1 - s) * (1 + s)) / s)
    angle = angle * 1.5 ** torch.arange(8, dtype=torch.float64)
    return torch.cat([torch.sin(angle), torch.cos(angle)], dim=1).to(sigma.dtype)


class Group(nn.Module):
    """A name for some modules: Group(input=…, output=…)."""

    def __init__(self, **modules):
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)


class Mlp(nn.Module):
    def __init__(self, o):
        super().__init__()
        chunk = o.chunk_steps * o.chunk_width
        self.input = nn.Linear(o.observation + 16 + chunk, o.width)
        for i in range(o.depth):
            self.add_module(f"block{i}", nn.Linear(o.width, o.width))
        self.blocks = [getattr(self, f"block{i}") for i in range(o.depth)]
        self.output = nn.Linear(o.width, chunk)

    def forward(self, chunk, observation, sigma):
        h = torch.cat([observation, sigma_features(sigma), chunk.flatten(1)], dim=1)
        h = F.silu(self.input(h))
        for block in self.blocks:
            h = h + F.silu(block(h))
        return self.output(h).view_as(chunk)


class AdalnCondition(nn.Module):
    """σ and the observation as one vector: adaln.h's c. Its parts bear the names they have there."""

    def __init__(self, o):
        super().__init__()
        self.sigma = Group(input=nn.Linear(16, o.width), output=nn.Linear(o.width, o.width))
        self.observation = Group(
            input=nn.Linear(o.observation, o.width), output=nn.Linear(o.width, o.width)
        )

    def tell(self, observation, sigma):
        c = self.sigma.output(F.silu(self.sigma.input(sigma_features(sigma))))
        return F.silu(c + self.observation.output(F.silu(self.observation.input(observation))))


class AdalnMlpBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.modulation = nn.Linear(width, 3 * width)
        self.input, self.output = nn.Linear(width, width), nn.Linear(width, width)
        self.norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)

    def forward(self, h, c):
        shift, scale, gate = self.modulation(c).chunk(3, dim=1)
        x = self.norm(h) * (1 + scale) + shift
        return h + gate * self.output(F.silu(self.input(x)))


class AdalnMlp(AdalnCondition):
    def __init__(self, o):
        super().__init__(o)
        chunk = o.chunk_steps * o.chunk_width
        self.input = nn.Linear(chunk, o.width)
        for i in range(o.depth):
            self.add_module(f"block{i}", AdalnMlpBlock(o.width))
        self.blocks = [getattr(self, f"block{i}") for i in range(o.depth)]
        self.output = nn.Linear(o.width, chunk)

    def forward(self, chunk, observation, sigma):
        c = self.tell(observation, sigma)
        h = self.input(chunk.flatten(1))
        for block in self.blocks:
            h = block(h, c)
        return self.output(h).view_as(chunk)


class DitBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.modulation = nn.Linear(width, 6 * width)
        self.attention = Group(qkv=nn.Linear(width, 3 * width), output=nn.Linear(width, width))
        self.mlp = Group(input=nn.Linear(width, 4 * width), output=nn.Linear(4 * width, width))
        self.norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)

    def attend(self, x):
        batch, tokens, width = x.shape
        qkv = self.attention.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        x = F.scaled_dot_product_attention(q, k, v)
        return self.attention.output(x.transpose(1, 2).reshape(batch, tokens, width))

    def forward(self, h, c):
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(c)[:, None].chunk(6, dim=2)
        h = h + gate1 * self.attend(self.norm(h) * (1 + scale1) + shift1)
        x = self.mlp.input(self.norm(h) * (1 + scale2) + shift2)
        return h + gate2 * self.mlp.output(F.gelu(x, approximate="tanh"))


def patches(x, patch):
    """Batch × channels × height × width as batch × patches × (channels × patch × patch)."""
    batch, channels, height, width = x.shape
    x = x.view(batch, channels, height // patch, patch, width // patch, patch)
    return x.permute(0, 2, 4, 1, 3, 5).reshape(batch, -1, channels * patch * patch)


def image_of_patches(x, image):
    channels, height, width, patch = image
    x = x.view(x.shape[0], height // patch, width // patch, channels, patch, patch)
    return x.permute(0, 3, 1, 4, 2, 5).reshape(x.shape[0], channels, height, width)


class Dit(AdalnCondition):
    def __init__(self, o):
        super().__init__(o)
        width, self.image = o.width, o.image
        channels, height, across, patch = o.image
        size = channels * patch * patch if channels else o.chunk_width
        tokens = height * across // patch**2 if channels else o.chunk_steps
        self.embed = nn.Linear(size, width)
        self.positions = nn.Parameter(0.02 * torch.randn(tokens, width))
        for i in range(o.depth):
            self.add_module(f"block{i}", DitBlock(width, o.heads))
        self.blocks = [getattr(self, f"block{i}") for i in range(o.depth)]
        self.norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.final = Group(
            modulation=nn.Linear(width, 2 * width), output=nn.Linear(width, size)
        )

    def forward(self, chunk, observation, sigma):
        c = self.tell(observation, sigma)
        tokens = patches(chunk, self.image[3]) if self.image[0] else chunk
        h = self.embed(tokens) + self.positions
        for block in self.blocks:
            h = block(h, c)
        shift, scale = self.final.modulation(c)[:, None].chunk(2, dim=2)
        h = self.final.output(self.norm(h) * (1 + scale) + shift)
        return image_of_patches(h, self.image) if self.image[0] else h


class UnetBlock(nn.Module):
    def __init__(self, condition, channels_in, channels):
        super().__init__()
        self.film = nn.Linear(condition, 2 * channels)
        if channels_in != channels:
            self.residual = nn.Conv1d(channels_in, channels, 1)
        else:
            self.residual = nn.Identity()
        self.conv1 = nn.Conv1d(channels_in, channels, 5, padding=2)
        self.norm1 = nn.GroupNorm(8, channels)
        self.conv2 = nn.Conv1d(channels, channels, 5, padding=2)
        self.norm2 = nn.GroupNorm(8, channels)

    def forward(self, x, c):
        shift, scale = self.film(c)[:, :, None].chunk(2, dim=1)
        y = F.mish(self.norm1(self.conv1(x))) * (1 + scale) + shift
        return F.mish(self.norm2(self.conv2(y))) + self.residual(x)


class Unet1d(nn.Module):
    def __init__(self, o):
        super().__init__()
        width, self.depth = o.width, o.depth
        condition, channels = width + o.observation, o.chunk_width
        self.sigma = Group(input=nn.Linear(16, 4 * width), output=nn.Linear(4 * width, width))
        for level in range(o.depth):
            stage = self.stage(condition, channels, width << level)
            if level < o.depth - 1:
                stage.sample = nn.Conv1d(width << level, width << level, 3, stride=2, padding=1)
            self.add_module(f"down{level}", stage)
            channels = width << level
        self.middle0 = self.stage(condition, channels, channels)
        for level in range(o.depth - 1, 0, -1):
            narrow = width << (level - 1)
            stage = self.stage(condition, 2 * channels, narrow)
            stage.sample = nn.ConvTranspose1d(narrow, narrow, 4, stride=2, padding=1)
            self.add_module(f"up{level}", stage)
            channels = narrow
        self.final = Group(
            conv=nn.Conv1d(width, width, 5, padding=2),
            norm=nn.GroupNorm(8, width),
            output=nn.Conv1d(width, o.chunk_width, 1),
        )

    @staticmethod
    def stage(condition, channels_in, channels):
        return Group(
            block0=UnetBlock(condition, channels_in, channels),
            block1=UnetBlock(condition, channels, channels),
        )

    def forward(self, chunk, observation, sigma):
        c = self.sigma.output(F.mish(self.sigma.input(sigma_features(sigma))))
        c = F.mish(torch.cat([c, observation], dim=1))
        x, skips = chunk.transpose(1, 2), []
        for level in range(self.depth):
            stage = getattr(self, f"down{level}")
            x = stage.block1(stage.block0(x, c), c)
            skips.append(x)
            if level < self.depth - 1:
                x = stage.sample(x)
        x = self.middle0.block1(self.middle0.block0(x, c), c)
        for level in range(self.depth - 1, 0, -1):
            stage = getattr(self, f"up{level}")
            x = torch.cat([x, skips[level]], dim=1)
            x = stage.sample(stage.block1(stage.block0(x, c), c))
        x = F.mish(self.final.norm(self.final.conv(x)))
        return self.final.output(x).transpose(1, 2)


KINDS = {"mlp": Mlp, "unet1d": Unet1d, "dit": Dit}


def build(options):
    adaln_mlp = options.kind == "mlp" and options.conditioning == "adaln"
    return AdalnMlp(options) if adaln_mlp else KINDS[options.kind](options)


def decays(name, parameter):
    """Whether Ambit applies weight decay: to the weights of products, not to norms."""
    return name.endswith(".weight") and parameter.dim() > 1

