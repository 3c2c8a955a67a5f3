# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
"""Hours of music and speech out of Debian's packages, to train with.

Games bring produced music of every style, without a lead singer, and word games speak
in two dozen languages.  `python3 -m neume_train.sounds --out DIR` fetches the packages
of the group `sounds` in packages.txt with apt-get, unpacks them without installing
anything, and writes

    DIR/music/PACKAGE/NAME.flac    at most MUSIC_SECONDS of each piece
    DIR/speech/PACKAGE-LANGUAGE.flac    what is said in a language, one after the other
    DIR/licences/PACKAGE    the package's copyright file
    DIR/sounds.json    packages, versions and what was made of each

mono, at the rate of clips.  What is there already is not made again.
"""

import argparse
import concurrent.futures
import fnmatch
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile

import numpy as np
import soundfile

from . import clips, dataset, effects

PACKAGES = pathlib.Path(__file__).parents[2] / "packages.txt"
SOUNDS = (".ogg", ".opus", ".mp3", ".flac", ".wav")
LEAST_SECONDS = 30.0  # Of a piece of music; what is shorter are effects
MUSIC_SECONDS = 150.0  # Kept of a piece
SPEECH_SECONDS = 900.0  # Kept of a language
PAUSE = 0.25  # Seconds between two things said

# Packages that talk: where a path names the language
SPEECH = {
    "tuxpaint-stamps-default": re.compile(r"_desc_?(?P<language>[a-z]*)\.ogg$"),
    "ktuberling-data": re.compile(r"/sounds/(?P<language>[^/]+)/[^/]+\.(ogg|wav)$"),
    "fillets-ng-data": re.compile(r"/sound/.+/(?P<language>en)/(?!.*-x-)[^/]+\.ogg$"),
}

# Pieces that may be sung, or where `accurate` hears a voice for more than a quarter of
# the time and nothing tells that it is wrong
MAYBE_SUNG = (
    "*/albums/aftermath_soundtrack/menu_enhanced.opus", "*/music/menu.opus",
    "*/forest/ghostforest2.ogg", "*/forest/greatgigantic.ogg", "*/music/rybky13.ogg",
    "*/Music/World_Map2.ogg", "*/music/ambient1.ogg", "*/music/galacticbattle.ogg",
    "*/music/tension.ogg", "*/music/intrigue.ogg", "*/01 - pronobozo - lincity.ogg",
    "*/music/music007.ogg", "*/music/music002.ogg", "*/Sounds/Music1Desert.ogg",
    "*/Music/Halloween.ogg", "*/music/track_09.ogg", "*/music/comix8.ogg",
    "*/music/nunc_dimittis.ogg", "*/music/revelation.ogg", "*/sfx/sara_airport_pa.ogg",
)


def packages():
    """Names of the packages in the group `sounds`."""
    lines = (line.split() for line in PACKAGES.read_text(encoding="utf-8").splitlines())
    return [line[1] for line in lines if line[:1] == ["sounds"]]


def _read(data, seconds=None):
    """Samples at clips.RATE of an encoded sound, or None if it is not one."""
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            rate = sound.samplerate
            wanted = min(len(sound), int(seconds * rate) if seconds else len(sound))
            sound.seek((len(sound) - wanted) // 3)  # Past the beginning
            audio = sound.read(wanted, dtype="float32", always_2d=True)
    except (RuntimeError, soundfile.SoundFileError):
        return None
    return effects.resampled(audio.mean(1), rate, clips.RATE)


def _write(path, audio):
    """`audio` as FLAC, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.part")
    peak = np.abs(audio).max() + 1e-9
    soundfile.write(partial, audio * (0.9 / peak), clips.RATE, format="FLAC")
    os.replace(partial, path)


def _members(deb):
    """(path, content) of the sounds and of the copyright file in a package."""
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE
    ) as unpacked, tarfile.open(fileobj=unpacked.stdout, mode="r|") as tar:
        for member in tar:
            name = member.name
            if member.isfile() and (
                name.lower().endswith(SOUNDS) or re.search(r"/doc/[^/]+/copyright$", name)
            ):
                yield name, tar.extractfile(member).read()


def unpack(deb, package, out):
    """Write what `package` has to be heard; returns {kind: number of files}."""
    out = pathlib.Path(out)
    pattern, said, music = SPEECH.get(package), {}, 0
    for name, content in _members(deb):
        if name.endswith("/copyright"):
            (out / "licences").mkdir(parents=True, exist_ok=True)
            (out / "licences" / package).write_bytes(content)
            continue
        spoken = pattern.search(name) if pattern else None
        if spoken:
            audio = _read(content)
            if audio is not None and len(audio):
                said.setdefault(spoken["language"] or "en", []).append(audio)
        elif not any(fnmatch.fnmatchcase(name, p) for p in MAYBE_SUNG):
            audio = _read(content, MUSIC_SECONDS)
            if audio is not None and len(audio) >= LEAST_SECONDS * clips.RATE:
                flat = re.sub(r"[^A-Za-z0-9]+", "-", name.rsplit("/games/", 1)[-1])
                _write(out / "music" / package / f"{flat}.flac", audio)
                music += 1
    for language, parts in said.items():
        pause, level = np.zeros(int(PAUSE * clips.RATE), np.float32), []
        for audio in parts:
            level += [audio * (0.1 / (effects.rms(audio) + 1e-6)), pause]
        audio = np.concatenate(level)[: int(SPEECH_SECONDS * clips.RATE)]
        _write(out / "speech" / f"{package}-{language}.flac", audio.astype(np.float32))
    return {"music": music, "speech": len(said)}


def fetch(package, out):
    """Download `package` and unpack it; returns what is to be known of it."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        subprocess.run(
            ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package],
            cwd=folder, check=True, stdout=subprocess.DEVNULL,
        )
        (deb,) = pathlib.Path(folder).glob("*.deb")
        version = subprocess.run(
            ["dpkg-deb", "-f", deb, "Version"], capture_output=True, text=True, check=True
        ).stdout.strip()
        return {"version": version, **unpack(deb, package, out)}


def main():
    """The command."""
    parser = argparse.ArgumentParser(description="Fetch music and speech to train with.")
    parser.add_argument("--out", required=True, type=pathlib.Path, help="folder to write")
    parser.add_argument("--jobs", type=int, default=1, help="packages at a time")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "sounds.json"
    done = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    failed = []
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        waiting = {
            pool.submit(fetch, package, options.out): package
            for package in packages()
            if package not in done
        }
        for future in concurrent.futures.as_completed(waiting):
            package = waiting[future]
            try:
                done[package] = future.result()
            except (OSError, ValueError, tarfile.TarError, subprocess.SubprocessError) as error:
                failed.append(package)
                print(f"{package}: {error}", file=sys.stderr)
                continue
            print(package, done[package], flush=True)
            dataset.write_json(path, done)
    if failed:
        sys.exit(f"not fetched: {' '.join(failed)}; the same command tries again")


if __name__ == "__main__":
    main()
