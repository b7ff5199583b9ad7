import FoundationEssentials
import PellucidFaults
import PellucidFigures
import PellucidVolumes
import Testing

@Suite struct `Montages` {
  private var small: MontageOptions {
    var options = MontageOptions()
    options.dotsPerInch = 72
    return options
  }

  @Test func `have the page's width and say what they show`() throws {
    var options = small
    options.title = "A title"
    options.subtitle = "below it"
    let montage = try Montage(anatomy: Made.head(), overlay: Made.relevance(), options: options)
    let picture = try PNGPicture(decoding: try montage.png())
    #expect(picture.width == 511)
    #expect(picture.texts.map(\.key) == ["Title", "Description", "Software"])
    #expect(picture.texts[1].text.hasPrefix("below it. Neurological: left is left; colours to ±"))
    #expect(picture.texts[1].text.contains("axial z = "))
  }

  @Test func `are the same each time, in every format`() throws {
    let montage = try Montage(anatomy: Made.head(), overlay: Made.relevance(), options: small)
    for format in FigureFormat.allCases {
      let bytes = try montage.data(as: format)
      #expect(bytes == (try montage.data(as: format)))
      let start: [UInt8] = format == .png ? [0x89, 0x50] : format == .pdf ? [0x25, 0x50] : [0x3c, 0x3f]
      #expect(Array(bytes.prefix(2)) == start)
    }
  }

  @Test func `put slices through all relevance and no farther`() throws {
    let montage = try Montage(anatomy: Made.head(), overlay: Made.relevance(), options: small)
    for (plane, places) in montage.positions {
      #expect((5...7).contains(places.count))
      #expect(places == places.sorted())
      // The middles of both blobs and what lies around them; each blob is drawn up to 30 mm from its middle.
      let peaks = [[30.0, -20, -15][plane.normal], [-25.0, 45, 20][plane.normal]].sorted()
      for peak in peaks { #expect(places.contains { abs($0 - peak) <= 5 }, "\(plane): \(places)") }
      #expect(places.contains { $0 < peaks[0] - 8 } && places.contains { $0 > peaks[1] + 8 }, "\(plane): \(places)")
      #expect(places.allSatisfy { $0 > peaks[0] - 30 && $0 < peaks[1] + 30 }, "\(plane): \(places)")
    }
  }

  @Test func `take positions and limits as given`() throws {
    var options = small
    options.planes = [.coronal]
    options.positions = [-20, 0, 12.5]
    options.limit = 0.25
    let montage = try Montage(anatomy: Made.head(), overlay: Made.relevance(), options: options)
    #expect(montage.positions.map(\.positions) == [[-20, 0, 12.5]])
    #expect(montage.limits == [0.25])
  }

  @Test func `colour what is positive warm, what is negative cold, on its side`() throws {
    var options = small
    options.planes = [.axial]
    options.positions = [-15]
    options.annotated = false
    for (convention, right) in [(Convention.neurological, 1), (.radiological, 0)] {
      options.convention = convention
      let picture = try Montage(anatomy: Made.head(), overlay: Made.relevance(), options: options).picture()
      var warm = [0, 0]
      for y in 0..<picture.height {
        for x in 0..<picture.width {
          let at = 3 * (y * picture.width + x)
          if Int(picture.rgb[at]) > Int(picture.rgb[at + 2]) + 60 { warm[2 * x < picture.width ? 0 : 1] += 1 }
        }
      }
      #expect(warm[right] > 20 && warm[1 - right] == 0, "\(convention): \(warm)")
    }
  }

  /// What a picture of an odd volume shows.
  enum Shown { case anatomy, relevance, notice }

  static let odd: [(name: String, scan: Volume, map: Volume?, shown: Shown)] = {
    let head = Made.head(GridShape(i: 44, j: 44, k: 52))
    let tiny = GridShape(i: 5, j: 5, k: 5)
    let ramp = Made.volume(tiny, .identity) { x, y, z in x - y + z }
    func filled(_ value: Float) -> Volume {
      Volume(shape: head.shape, voxels: [Float](repeating: value, count: head.shape.count), affine: head.affine)
    }
    var holes = Made.relevance()
    for index in stride(from: 0, to: holes.voxels.count, by: 7) { holes.voxels[index] = .nan }
    let slice = Volume(
      shape: GridShape(i: 44, j: 1, k: 52), voxels: (0..<(44 * 52)).map { Float($0 % 44) }, affine: head.affine)
    let far = Volume(
      shape: tiny, voxels: ramp.voxels, affine: Affine(elements: [1, 0, 0, 900, 0, 1, 0, 900, 0, 0, 1, 900]))
    let extreme = Made.volume(tiny, .identity) { x, _, _ in x > 2 ? 3e38 : -3e38 }
    func scaled(_ size: Double) -> Affine { Affine(elements: [size, 0, 0, 0, 0, size, 0, 0, 0, 0, size, 0]) }
    let voxel = Volume(shape: GridShape(i: 1, j: 1, k: 1), voxels: [3], affine: .identity)
    return [
      ("no map", head, nil, .anatomy), ("zero map", head, filled(0), .notice), ("all NaN", head, filled(.nan), .notice),
      ("constant map", head, filled(2), .relevance), ("infinite map", head, filled(.infinity), .notice),
      ("holes", head, holes, .relevance), ("constant scan", filled(5), Made.relevance(), .relevance),
      ("NaN scan", filled(.nan), Made.relevance(), .relevance), ("tiny", ramp, ramp, .relevance),
      // The one slice lies above the map.
      ("slice", slice, Made.relevance(), .anatomy), ("elsewhere", head, far, .anatomy),
      ("voxel", voxel, voxel, .relevance),
      ("smallest numbers", head, filled(.leastNonzeroMagnitude), .relevance),
      ("largest numbers", head, filled(-.greatestFiniteMagnitude), .relevance),
      ("extreme scan", extreme, extreme, .relevance),
      // All of the head lies in a part of a voxel whose values are hardly above 0, or all of the map between two pixels.
      ("farther than numbers reach", head, Volume(shape: tiny, voxels: ramp.voxels, affine: scaled(1e25)), .anatomy),
      ("huge", Volume(shape: tiny, voxels: ramp.voxels, affine: scaled(1e25)), ramp, .anatomy),
      ("mouse", Volume(shape: head.shape, voxels: head.voxels, affine: scaled(0.05)), nil, .anatomy),
      ("microscopic", Volume(shape: head.shape, voxels: head.voxels, affine: scaled(1e-3)), ramp, .anatomy),
    ]
  }()

  @Test(arguments: odd.indices) func `survive odd volumes`(index: Int) throws {
    let (name, scan, map, shown) = Self.odd[index]
    for background in MontageOptions.Background.allCases {
      var options = small
      options.background = background
      let montage = try Montage(anatomy: scan, overlay: map, options: options)
      let picture = try montage.picture()
      #expect(picture.width == Int(montage.pageSize.width.rounded(.up)), "\(name)")
      #expect(picture.height == Int(montage.pageSize.height.rounded(.up)), "\(name)")
      #expect((picture.notices > 100) == (shown == .notice), "\(name): \(picture.notices)")
      options.annotated = false
      let plain = try Montage(anatomy: scan, overlay: map, options: options).picture()
      #expect((plain.coloured > 0) == (shown == .relevance), "\(name), \(background): \(plain.coloured)")
    }
  }

  @Test func `compare maps on the same slices`() throws {
    var other = Made.relevance()
    other.voxels = other.voxels.map { 3 * $0 }
    let layers = [Montage.Layer(Made.relevance(), name: "one"), Montage.Layer(other, name: "three")]
    let own = try Montage(anatomy: Made.head(), comparing: layers, sharedScale: false, options: small)
    #expect(abs(own.limits[1] - 3 * own.limits[0]) < 1e-5)
    let shared = try Montage(anatomy: Made.head(), comparing: layers, sharedScale: true, options: small)
    #expect(shared.limits[0] == shared.limits[1])
    #expect(own.positions.map(\.positions).joined().count == 7)
  }

  @Test func `glass brains show every place at once`() throws {
    var options = small
    options.glass = true
    for (scan, map) in [(Made.head(), Made.relevance()), (Made.relevance(), nil)] {
      let montage = try Montage(anatomy: scan, overlay: map, options: options)
      #expect(montage.positions.allSatisfy { $0.positions.isEmpty })
      let words = try SVGFile(montage).words
      for plane in SlicePlane.allCases { #expect(words.contains(plane.rawValue)) }
      #expect(words.contains { $0.hasPrefix("Neurological") })
    }
    options.planes = [.axial]
    options.annotated = false
    let picture = try Montage(anatomy: Made.head(), overlay: Made.relevance(), options: options).picture()
    let pixels = stride(from: 0, to: picture.rgb.count, by: 3)
    #expect(pixels.contains { Int(picture.rgb[$0]) > Int(picture.rgb[$0 + 2]) + 90 })
    #expect(pixels.contains { Int(picture.rgb[$0 + 2]) > Int(picture.rgb[$0]) + 90 })
  }

  @Test func `refuse what cannot be drawn`() {
    let changes: [(inout MontageOptions) -> Void] = [
      { $0.planes = [] }, { $0.slices = 0 }, { $0.threshold = 101 }, { $0.alpha = -1 }, { $0.limit = 0 },
      { $0.positions = [.nan] },
      { $0.dotsPerInch = 1e9 }, { $0.channel = 2 }, { $0.width = 0 }, { $0.limitPercentile = 0 },
    ]
    for change in changes {
      var options = small
      change(&options)
      let fault = #expect(throws: PellucidError.self) {
        try Montage(anatomy: Made.head(), overlay: Made.relevance(), options: options)
      }
      #expect(fault?.kind == .usage)
    }
  }

  /// Compared as decoded pixels; `PELLUCID_RECORD=1` makes the picture anew (look at it before it is committed).
  @Test func `look as they did`() throws {
    var options = small
    options.dotsPerInch = 100
    options.title = "Reference montage"
    options.label = "relevance (logit)"
    let bytes = try Montage(anatomy: Made.head(), overlay: Made.relevance(), options: options).png()
    if Fixtures.recording { try Data(bytes).write(to: URL(filePath: Fixtures.folder + "montage.png")) }
    let (got, wanted) = (try PNGPicture(decoding: bytes), try PNGPicture(decoding: try Fixtures.bytes("montage.png")))
    // Another font may make the page a row higher; the rows that both have are compared.
    try #require(got.width == wanted.width && abs(got.height - wanted.height) <= 1)
    #expect(got.texts.map(\.text) == wanted.texts.map(\.text))
    // Another font or version of cairo may draw the letters anew: few pixels may differ much, all together little.
    let distances = zip(got.rgb, wanted.rgb).map { abs(Int($0) - Int($1)) }
    #expect(distances.count { $0 > 24 } < distances.count / 50)
    #expect(distances.reduce(0, +) < distances.count)
  }
}
