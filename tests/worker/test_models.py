"""What `lumiere models add` accepts and refuses: by header alone, nothing executed, nothing allocated first."""

from __future__ import annotations

import json
import os
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from lumiere_engine.protocol.errors import SpecError
from lumiere_engine.stunet.image_layout import config_of_params, published_name
from lumiere_engine.stunet.image_params import ImageUNetParams, InflatedParams, TemporalParams, frame_by_frame
from lumiere_engine.stunet.image_weights import find_image, fingerprint_of, save_temporal
from lumiere_engine.stunet.inflated import InflatedSTUNet
from lumiere_engine.worker.models import inspect_model
from safetensors.torch import load_file, save_file

pytest.importorskip("transformers")
IMAGE = ImageUNetParams(
    in_channels=3, out_channels=3, channels=(64, 128), layers=1, depths=(0, 1), heads=(1, 2), context=16
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from lumiere_engine.diffusion import DiscreteSchedule
    from lumiere_engine.pretrained.small import write_network, write_schedule, write_text_encoder

    folder = tmp_path_factory.mktemp("made")
    write_text_encoder(folder, ["a", "disk"], 16, seed=0)
    write_schedule(folder, DiscreteSchedule())
    network = InflatedSTUNet(InflatedParams(IMAGE, frame_by_frame(IMAGE)))
    write_network(folder, network.state_dict(), config_of_params(IMAGE))
    return folder


@pytest.fixture
def model(made: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(made, tmp_path / "model"))


def _inspect(path: Path, like: Path | None = None, images: tuple[Path, ...] = ()) -> dict[str, Any]:
    question = {
        "path": str(path),
        "like": None if like is None else str(like),
        "images": [
            {"path": str(image), "like": None, "fingerprint": fingerprint_of(find_image(image))}
            for image in images
        ],
    }
    return inspect_model(question, lambda _: None)


def _unet(model: Path) -> Path:
    return model / "unet" / "diffusion_pytorch_model.safetensors"


def _single(model: Path, path: Path) -> Path:
    weights = {published_name(name, IMAGE): value for name, value in load_file(_unet(model)).items()}
    save_file(weights, path)
    return path


def _lora() -> dict[str, torch.Tensor]:
    """Of a layer that every network as wide as `IMAGE` has."""
    name = "unet.mid_block.attentions.0.proj_in"
    return {f"{name}.lora_A.weight": torch.zeros(2, 128), f"{name}.lora_B.weight": torch.zeros(128, 2)}


def test_a_folder_and_a_single_file_of_it_are_the_same_kind_of_model(model: Path, tmp_path: Path) -> None:
    folder = _inspect(model)
    single = _inspect(_single(model, tmp_path / "single.safetensors"), like=model)
    assert folder["kind"] == single["kind"] == "image"
    assert folder["shape"] == single["shape"] and folder["fingerprint"] != single["fingerprint"]
    with pytest.raises(SpecError, match="--like"):
        _inspect(tmp_path / "single.safetensors")


def test_temporal_layers_and_loras_are_told_from_their_headers(model: Path, tmp_path: Path) -> None:
    layers = TemporalParams((2,), heads=2)
    network = InflatedSTUNet(InflatedParams(IMAGE, layers))
    save_temporal(network.temporal_parameters(), layers, tmp_path / "t.safetensors", {"image": "abc"})
    save_file(_lora(), tmp_path / "l.safetensors")
    temporal = _inspect(tmp_path / "t.safetensors", images=(model,))
    assert (temporal["kind"], temporal["trained_with"]) == ("temporal", "abc")
    assert temporal["shape"] == _inspect(model)["shape"]
    save_temporal(network.temporal_parameters(), layers, tmp_path / "u.safetensors", {"factor": "2"})
    with pytest.raises(SpecError, match=r"u.safetensors: these layers enlarge as those of Lumiere 0.7 did"):
        _inspect(tmp_path / "u.safetensors", images=(model,))
    assert _inspect(tmp_path / "l.safetensors", images=(model,))["kind"] == "lora"
    with pytest.raises(SpecError, match="register the text-to-image model first"):
        _inspect(tmp_path / "t.safetensors")


def test_a_super_resolution_model_is_told_from_what_its_network_reads(
    made: Path, model: Path, tmp_path: Path
) -> None:
    from lumiere_engine.diffusion import DiscreteSchedule
    from lumiere_engine.pretrained.small import write_network, write_schedule, write_small_picture
    from lumiere_engine.pretrained.small_picture import SmallPicture

    image = replace(IMAGE, in_channels=6, noise_levels=1000)
    network = InflatedSTUNet(InflatedParams(image, frame_by_frame(image)))
    write_network(model, network.state_dict(), config_of_params(image))
    with pytest.raises(SpecError, match=r"low_res_scheduler: the model has no scheduler_config.json"):
        _inspect(model)
    write_schedule(model, DiscreteSchedule(1000, 0.0001, 0.02), "low_res_scheduler")
    with pytest.raises(SpecError, match="a network that enlarges None times is not known"):
        _inspect(model)
    write_small_picture(model, SmallPicture(2, DiscreteSchedule(1000, 0.0001, 0.02), 350))
    found = _inspect(model)
    assert found["kind"] == "upscale"
    layers = TemporalParams((1,), heads=2)
    added = InflatedSTUNet(InflatedParams(image, layers)).temporal_parameters()
    save_temporal(added, layers, tmp_path / "t.safetensors", {"image": found["fingerprint"]})
    temporal = _inspect(tmp_path / "t.safetensors", images=(made, model))  # both as wide
    assert (temporal["kind"], temporal["shape"]) == ("temporal", found["shape"])
    lora = tmp_path / "lora.safetensors"
    save_file(_lora(), lora)  # of layers that both networks have
    assert _inspect(lora, images=(model, made))["shape"] == _inspect(made)["shape"]
    with pytest.raises(SpecError, match="register the text-to-image model first"):
        _inspect(lora, images=(model,))
    write_schedule(model, DiscreteSchedule(2000, 0.0001, 0.02), "low_res_scheduler")
    with pytest.raises(SpecError, match="2000 levels of noise, and the network knows 1000"):
        _inspect(model)


def test_models_that_were_registered_before_keep_the_name_of_their_shape() -> None:
    """Additions fit a model by that name: it may not change when networks learn to be described more closely."""
    from lumiere_engine.worker.models import _shape_of

    assert _shape_of(ImageUNetParams()) == "143d166496d667bd"
    assert _shape_of(ImageUNetParams(noise_levels=1000)) != _shape_of(ImageUNetParams())


def test_motion_adapters_are_told_from_their_configuration(model: Path, tmp_path: Path) -> None:
    diffusers = pytest.importorskip("diffusers")
    adapter = diffusers.MotionAdapter(
        block_out_channels=(64, 128), motion_layers_per_block=1, motion_norm_num_groups=32
    )
    adapter.save_pretrained(str(tmp_path / "motion"))
    assert _inspect(tmp_path / "motion", images=(model,))["kind"] == "motion"
    other = diffusers.MotionAdapter(
        block_out_channels=(64, 64), motion_layers_per_block=1, motion_norm_num_groups=32
    )
    other.save_pretrained(str(tmp_path / "other"))
    with pytest.raises(SpecError, match="is needed"):
        _inspect(tmp_path / "other", images=(model,))


class _Bomb:
    def __reduce__(self) -> Any:
        return (Path("/").joinpath, (str(Path.cwd() / "exploded"),))


def test_damaged_and_foreign_files_are_refused_by_name(model: Path, tmp_path: Path) -> None:
    whole = _unet(model).read_bytes()

    def refused(said: str) -> None:
        with pytest.raises(SpecError, match=said) as caught:
            _inspect(model)
        assert str(model) in str(caught.value) and "\n" not in str(caught.value)

    _unet(model).write_bytes(whole[: len(whole) // 2])  # half-downloaded
    refused("that file is not whole: of .* download or copy it again")
    _unet(model).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    refused("a pointer of Git LFS")
    _unet(model).write_bytes(pickle.dumps(_Bomb()))  # a pickle with a safetensors name
    refused("no safetensors file")
    huge = json.dumps({"a": {"dtype": "F32", "shape": [2**40, 2**7], "data_offsets": [0, 2**49]}}).encode()
    _unet(model).write_bytes(len(huge).to_bytes(8, "little") + huge)  # would be 512 TiB
    refused("sizes|declares")
    tensors = {name: value for name, value in load_tensors(whole, tmp_path).items()}
    save_file({**tensors, "conv_in.weight": torch.zeros(64, 5, 3, 3)}, _unet(model))
    refused(r"conv_in.weight' is \(64, 5, 3, 3\), and \(64, 3, 3, 3\) is needed")
    save_file({name: value for name, value in tensors.items() if name != "conv_out.bias"}, _unet(model))
    refused("conv_out.bias' is missing")
    save_file({**tensors, "extra.weight": torch.zeros(1)}, _unet(model))
    refused("extra.weight', which no known network has")
    save_file({**tensors, "conv_in.bias": torch.zeros(64, dtype=torch.int64)}, _unet(model))
    refused("holds I64")
    _unet(model).rename(_unet(model).with_suffix(".bin"))
    refused("can hold programs")


def test_damaged_additions_are_refused_by_name(model: Path, tmp_path: Path) -> None:
    layers = TemporalParams((2,), heads=2)
    added = InflatedSTUNet(InflatedParams(IMAGE, layers)).temporal_parameters()
    file = tmp_path / "layers.safetensors"
    for said, metadata, tensors, cut in (
        ("not whole", {}, added, 2),  # half-downloaded
        ("temporal_up.conv.weight' is missing", {}, _without(added, "temporal_up.conv.weight"), 1),
        ("is needed", {}, {name: value[:1] for name, value in added.items()}, 1),
    ):
        save_temporal(tensors, layers, file, metadata)
        file.write_bytes(file.read_bytes()[: file.stat().st_size // cut])
        with pytest.raises(SpecError, match=said) as caught:
            _inspect(file, images=(model,))
        assert str(file) in str(caught.value)
    for name in ("layers.safetensors", "film.ckpt", "lora.bin"):  # pickles, whatever they are called
        (tmp_path / name).write_bytes(pickle.dumps(_Bomb()))
        with pytest.raises(SpecError, match=f"{name}: that is no safetensors file"):
            _inspect(tmp_path / name, images=(model,))
    later = {"label": "TemporalLayers.9", "params": "{}"}
    save_file({"a": torch.zeros(1)}, file, later)
    with pytest.raises(SpecError, match="labelled 'TemporalLayers.9'"):
        _inspect(file, images=(model,))
    for params in (
        '{"strides": [99]}',
        "no json",
        "[" * 100_000,
        json.dumps({**layers.to_wire(), "strides": [2, 2]}),
        json.dumps({**layers.to_wire(), "heads": 3}),
        json.dumps({**layers.to_wire(), "heads": 10**9}),
    ):
        save_file({"a": torch.zeros(1)}, file, {"label": "TemporalLayers.1", "params": params})
        with pytest.raises(SpecError, match=str(file)):
            _inspect(file, images=(model,))


def test_a_damaged_motion_adapter_is_refused_by_name(model: Path, tmp_path: Path) -> None:
    diffusers = pytest.importorskip("diffusers")
    adapter = diffusers.MotionAdapter(
        block_out_channels=(64, 128), motion_layers_per_block=1, motion_norm_num_groups=32
    )
    adapter.save_pretrained(str(tmp_path / "motion"))
    (weights,) = (tmp_path / "motion").glob("*.safetensors")
    whole = weights.read_bytes()
    for data in (whole[:1000], whole[: len(whole) // 2], pickle.dumps(_Bomb())):
        weights.write_bytes(data)
        with pytest.raises(SpecError, match="no safetensors file|not whole") as caught:
            _inspect(tmp_path / "motion", images=(model,))
        assert str(weights) in str(caught.value)
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(SpecError, match="can hold programs"):
        _inspect(tmp_path / "motion", images=(model,))


def test_text_encoders_that_could_hold_programs_or_are_cut_are_refused(model: Path) -> None:
    encoder = model / "text_encoder" / "model.safetensors"
    whole = encoder.read_bytes()
    for data, said in (
        (whole[: len(whole) // 2], "not whole"),
        (pickle.dumps(_Bomb()), "no safetensors file"),
    ):
        encoder.write_bytes(data)
        with pytest.raises(SpecError, match=said) as caught:
            _inspect(model)
        assert str(encoder) in str(caught.value)


def test_parts_that_are_missing_or_do_not_fit_the_network_are_refused_by_name(model: Path) -> None:
    def refused(part: str, said: str) -> None:
        with pytest.raises(SpecError, match=said) as caught:
            _inspect(model)
        assert str(model / part) in str(caught.value) and "\n" not in str(caught.value)

    config = model / "text_encoder" / "config.json"
    whole = json.loads(config.read_text())
    config.write_text(json.dumps({**whole, "hidden_size": 32}))
    refused("text_encoder", "its text is 32 wide, and the network reads 16")
    config.unlink()
    refused("text_encoder/config.json", "cannot be read")
    config.write_text(json.dumps(whole))
    (model / "tokenizer" / "tokenizer_config.json").write_text("{")
    refused("tokenizer/tokenizer_config.json", "no JSON")
    (model / "tokenizer" / "tokenizer_config.json").unlink()
    words = model / "tokenizer" / "tokenizer.json"
    words.write_bytes(words.read_bytes()[:-200])
    refused("tokenizer/tokenizer.json", "no JSON")
    words.unlink()
    refused("tokenizer", "has no tokenizer.json, nor vocab.json and merges.txt")


def test_a_vae_of_other_latents_is_refused(model: Path, tmp_path: Path) -> None:
    from lumiere_engine.pretrained.small import write_network

    image = replace(IMAGE, in_channels=4, out_channels=4)
    network = InflatedSTUNet(InflatedParams(image, frame_by_frame(image)))
    write_network(model, network.state_dict(), config_of_params(image))
    with pytest.raises(SpecError, match="the model has no folder 'vae'"):
        _inspect(model)
    (model / "vae").mkdir()
    save_file({"a": torch.zeros(1)}, model / "vae" / "diffusion_pytorch_model.safetensors")
    (model / "vae" / "config.json").write_text('{"latent_channels": 16}')
    with pytest.raises(SpecError, match="its latents have 16 channels, and those of the network 4"):
        _inspect(model)


def test_what_would_be_waited_for_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    with pytest.raises(SpecError, match="it is no file"):
        _inspect(tmp_path / "pipe.safetensors")


def test_a_schedule_that_makes_no_sense_is_refused_by_name(model: Path) -> None:
    config = model / "scheduler" / "scheduler_config.json"
    whole = json.loads(config.read_text())
    for change in ({"beta_end": 7}, {"beta_schedule": "sideways"}, {"num_train_timesteps": "many"}):
        config.write_text(json.dumps({**whole, **change}))
        with pytest.raises(SpecError) as caught:
            _inspect(model)
        assert str(config) in str(caught.value) and "\n" not in str(caught.value)


def _without(tensors: dict[str, Any], ending: str) -> dict[str, Any]:
    return {name: value for name, value in tensors.items() if not name.endswith(ending)}


def load_tensors(data: bytes, folder: Path) -> dict[str, torch.Tensor]:
    (folder / "whole.safetensors").write_bytes(data)
    return load_file(folder / "whole.safetensors")


def test_what_is_no_model_at_all_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no such file"):
        _inspect(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SpecError, match="no image network of a known layout"):
        _inspect(tmp_path / "empty")
    save_file({"layer.weight": torch.zeros(2)}, tmp_path / "odd.safetensors")
    with pytest.raises(SpecError, match="names of no known image network, such as 'layer.weight'"):
        _inspect(tmp_path / "odd.safetensors")
    (model / "text_encoder" / "model.safetensors").unlink()
    with pytest.raises(SpecError, match="no safetensors weights"):
        _inspect(model)


def test_a_configuration_of_another_network_is_refused(model: Path) -> None:
    config = model / "unet" / "config.json"
    for change, said in (
        ({"block_out_channels": [64, 10**9]}, "must lie in"),
        ({"block_out_channels": 64}, "cannot be read"),
        ({"_class_name": "FluxTransformer2DModel"}, "FluxTransformer2DModel"),
        ({"up_block_types": ["UpBlock2D", "UpBlock2D"]}, "no mirror"),
    ):
        config.write_text(json.dumps({**config_of_params(IMAGE), **change}))
        with pytest.raises(SpecError, match=said) as caught:
            find_image(model)
        assert str(config) in str(caught.value)
