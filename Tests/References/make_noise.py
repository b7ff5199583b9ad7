"""Makes Tests/TensorsTests/NoiseReference.swift: normal noise by number, seed and stream, from Philox4x32-10 in whole numbers and Box and
Muller's formula in float64.

    python3 Tests/References/make_noise.py

The generator is checked against the known answers of Random123 (kat_vectors). Made with numpy 2.4.6.
"""

import pathlib

import numpy as np

OUT = pathlib.Path(__file__).parent.parent / "TensorsTests" / "NoiseReference.swift"
WORD = (1 << 32) - 1


def philox(counter, key):
    """Salmon et al. 2011: ten rounds on four words."""
    x, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [(b >> 32) ^ x[1] ^ k[0], b & WORD, (a >> 32) ^ x[3] ^ k[1], a & WORD]
        k = [(k[0] + 0x9E3779B9) & WORD, (k[1] + 0xBB67AE85) & WORD]
    return x


for counter, key, answer in [
    ((0,) * 4, (0,) * 2, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((WORD,) * 4, (WORD,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0), (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]:
    assert tuple(philox(counter, key)) == answer


def number(i, seed, stream):
    block, word = i // 64 * 16 + i % 16, i // 16 % 4
    x = philox((block & WORD, block >> 32, stream & WORD, stream >> 32), (seed & WORD, seed >> 32))
    a, b = x[word // 2 * 2], x[word // 2 * 2 + 1]
    radius, angle = np.sqrt(-2 * np.log((a + 0.5) / 2**32)), 2 * np.pi * b / 2**32
    return radius * (np.cos(angle) if word % 2 == 0 else np.sin(angle))


def draw(count, seed, stream):
    """The first numbers of a stream of a seed, in float32."""
    return np.array([number(i, seed, stream) for i in range(count)], np.float32)


def main():
    CASES = [(0, 0, range(0, 150)), (7, 3, range(990, 1000)), ((5 << 32) + 1, (9 << 32) + 2, range(0, 40))]
    lines = ["/// Made by Tests/References/make_noise.py, which says what the values are.", "enum NoiseReference {"]
    lines.append("  static let cases: [(seed: UInt64, stream: UInt64, first: Int, values: [Double])] = [")
    for seed, stream, places in CASES:
        lines.append(f"    (\n      {seed}, {stream}, {places[0]},\n      [")
        values = [repr(round(float(number(i, seed, stream)), 9)) for i in places]
        for at in range(0, len(values), 8):
            lines.append("        " + ", ".join(values[at : at + 8]) + ",")
        lines.append("      ]\n    ),")
    OUT.write_text("\n".join(lines + ["  ]", "}"]) + "\n")


if __name__ == "__main__":
    main()
