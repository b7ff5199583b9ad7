extension ColourMap {
  /// Black to white.
  static let gray = ColourMap(name: "gray", kind: .sequential, points: [(0, Colour(grey: 0)), (1, Colour(grey: 1))])

  /// Every map. Where the colours come from:
  /// - `viridis`, `inferno`, `magma`, `plasma`: Smith, van der Walt and Firing for matplotlib, CC0; control points taken from them;
  /// - `cividis`: Nuñez, Anderton and Renslow 2018, doi:10.1371/journal.pone.0199239, CC0; made for colour vision deficiencies;
  /// - `coolwarm`: Moreland 2009, *Diverging color maps for scientific visualization*;
  /// - `RdBu`, `PuOr`, `YlOrRd`, `Blues`: ColorBrewer, C. Brewer and M. Harrower, Apache 2.0;
  /// - `gray`, `hot`, `bwr`, `seismic`: piecewise linear formulae;
  /// - `frostfire`: Pellucid's own: two arms of even and equal lightness in Oklab, from dark grey over blue to ice and over red to
  ///   yellow (`Tests/References/make_colour_maps.py`).
  static let catalogue: [ColourMap] = [
    gray,
    ColourMap(
      name: "hot", kind: .sequential,
      points: [
        (0, Colour(red: 0.0416, green: 0, blue: 0)), (0.365079, Colour(red: 1, green: 0, blue: 0)),
        (0.746032, Colour(red: 1, green: 1, blue: 0)), (1, Colour(grey: 1)),
      ]),
    ColourMap(
      "viridis", .sequential,
      """
      440154 470d60 48186a 482374 472d7b 453681 424086 3f4989 3b528b 375a8d 33638d 2f6a8e 2c728e 297a8e 26818e
      23898e 21908c 1f988b 1f9f88 21a685 28ae80 31b57b 3ebc74 4cc26c 5dc963 6ece58 82d34c 96d83f abdc32 c0df24
      d5e21a eae51a fde725
      """),
    ColourMap(
      "inferno", .sequential,
      """
      000004 040312 0b0724 150b37 210c4a 2e0a5a 3c0965 4a0c6b 57106d 63146e 70196e 7d1e6d 89226a 962766 a32b61
      af315c bb3755 c63e4d d14644 db4f3b e35932 eb6528 f1711e f67f14 f98d0a fb9c06 fcab0f fbba1f f9ca32 f5d949
      f2e865 f3f586 fcffa4
      """),
    ColourMap(
      "magma", .sequential,
      """
      000004 030311 0a0822 130d33 1d1146 28115a 36106a 430f76 50127c 5d177f 691c81 762181 822681 8f2a81 9c2e7f
      a9327d b63779 c33b75 cf4170 db486a e65163 ee5c5e f5695c f9785d fb8761 fd9668 fea571 feb47b fec387 fed194
      fde0a2 fceeb0 fcfdbf
      """),
    ColourMap(
      "plasma", .sequential,
      """
      0d0887 19068b 220690 2a0593 310596 380499 3f049c 46039f 4c02a1 5302a3 5901a5 5f01a6 6600a7 6c00a8 7201a8
      7801a8 7e03a8 8405a7 8909a6 8f0da4 9511a2 9a169f 9f1a9c a41e99 a92396 ae2792 b22c8e b7308b bb3587 bf3983
      c33e80 c7427c cb4778 cf4b75 d25071 d6546d d9596a dc5e67 e06263 e36760 e66c5c e87059 eb7555 ee7a52 f07f4f
      f2844b f48a48 f68f44 f89441 f99a3d fb9f3a fca537 fdab33 fdb130 feb72d febd2a fdc328 fdca26 fcd025 fbd724
      f9dd25 f7e426 f5eb27 f2f227 f0f921
      """),
    ColourMap(
      "cividis", .sequential,
      """
      00224e 002554 00285b 002b62 002e6a 003070 043371 113570 1a386f 213b6e 273e6e 2d416d 32436d 36466c 3b496c
      3f4c6c 434e6c 47516c 4b546c 4f576c 52596d 565c6d 5a5f6e 5d626e 61656f 646770 686a71 6b6d72 6f7073 727374
      757676 797877 7c7b78 807e78 848179 878478 8b8778 8f8a78 938d78 979077 9b9376 9f9676 a39a75 a79d74 aba072
      afa371 b3a670 b7aa6e bbad6c bfb06b c3b469 c8b766 ccba64 d0be61 d4c15f d9c55c ddc958 e1cc55 e6d051 ead44c
      efd748 f4db42 f8df3c fde334 fee838
      """),
    ColourMap(
      "YlOrRd", .sequential,
      """
      ffffcc ffeda0 fed976 feb24c fd8d3c fc4e2a e31a1c bd0026 800026
      """),
    ColourMap(
      "Blues", .sequential,
      """
      f7fbff deebf7 c6dbef 9ecae1 6baed6 4292c6 2171b5 08519c 08306b
      """),
    ColourMap(
      "frostfire", .diverging,
      """
      79f8ff 3fe2ff 00c9fd 00aef7 0090f7 0076eb 0054eb 2d4ca6 424242 96232d c2000c d93200 ed5300 ef8100 f3a500
      fac400 fbe400
      """),
    ColourMap(
      "coolwarm", .diverging,
      """
      3b4cc0 445acc 4d68d7 5775e1 6282ea 6c8ef1 779af7 82a5fb 8db0fe 98b9ff a3c2fe aec9fc b8d0f9 c2d5f4 ccd9ee
      d5dbe6 dddddd e5d8d1 ecd3c5 f1ccb9 f4c4ad f7bba0 f7b194 f7a687 f49a7b f18d6f ec7f63 e57058 de604d d55042
      cb3e38 c0282f b40426
      """),
    ColourMap(
      "RdBu", .diverging,
      """
      67001f b2182b d6604d f4a582 fddbc7 f7f7f7 d1e5f0 92c5de 4393c3 2166ac 053061
      """),
    ColourMap(
      "PuOr", .diverging,
      """
      7f3b08 b35806 e08214 fdb863 fee0b6 f7f7f7 d8daeb b2abd2 8073ac 542788 2d004b
      """),
    ColourMap(
      "bwr", .diverging,
      """
      0000ff ffffff ff0000
      """),
    ColourMap(
      "seismic", .diverging,
      """
      00004d 0000ff ffffff ff0000 800000
      """),
  ]

  /// A map through evenly spaced control points, written RRGGBB.
  private init(_ name: String, _ kind: Kind, _ hexadecimal: String) {
    let colours = hexadecimal.split(whereSeparator: \.isWhitespace).map { Colour(hex: UInt32($0, radix: 16) ?? 0) }
    let last = Double(colours.count - 1)
    self.init(
      name: name, kind: kind, points: colours.enumerated().map { (place: Double($0.offset) / last, colour: $0.element) }
    )
  }
}
