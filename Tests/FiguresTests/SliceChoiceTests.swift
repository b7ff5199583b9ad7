import PellucidFigures
import PellucidVolumes
import Testing

@Suite struct `Slices that are chosen` {
  private var options: MontageOptions {
    var options = MontageOptions()
    options.dotsPerInch = 72
    options.annotated = false
    return options
  }

  /// Places of relevance, mm, and the radius of each.
  static let maps: [(name: String, places: [[Double]], radius: Double)] = [
    ("one small spot", [[20, -30, 10]], 7), ("two spots", [[-40, 20, -20], [40, 20, -20]], 9),
    ("a spot at the rim", [[0, 70, 10]], 8), ("at the top", [[5, 0, 66]], 8), ("one voxel", [[10, 10, 10]], 2.2),
    ("wide", [[0, 0, 0]], 60),
  ]

  private func map(_ index: Int) -> Volume {
    let (_, places, radius) = Self.maps[index]
    let affine = Affine(elements: [2, 0, 0, -80, 0, 2, 0, -100, 0, 0, 2, -80])
    return Made.volume(GridShape(i: 81, j: 101, k: 81), affine) { x, y, z in
      places.contains { p in
        (x - p[0]) * (x - p[0]) + (y - p[1]) * (y - p[1]) + (z - p[2]) * (z - p[2]) < radius * radius
      } ? 1 : 0
    }
  }

  @Test(arguments: maps.indices) func `show relevance, all but one in six`(index: Int) throws {
    let (name, _, radius) = Self.maps[index]
    let map = map(index)
    let montage = try Montage(anatomy: Made.head(), overlay: map, options: options)
    var (empty, all) = (0, 0)
    for (plane, places) in montage.positions {
      #expect(!places.isEmpty)
      for place in places {
        all += 1
        // Any voxel of the map that the slice goes through.
        let slice = try SliceSampler(map).slice(
          plane, at: place, over: WorldBox(around: map.shape, affine: map.affine), width: 400, height: 500)
        if !slice.values.contains(where: { $0 > 0.25 }) { empty += 1 }
      }
      if radius > 50 { #expect(places.count == 7, "\(name)") }
    }
    #expect(6 * empty <= all, "\(name): \(empty) of \(all) show nothing: \(montage.positions)")
  }

  @Test func `are spread over the head where that is asked for`() throws {
    var even = options
    even.spread = .even
    for (plane, places) in try Montage(anatomy: Made.head(), overlay: map(0), options: even).positions {
      #expect(places.count == 7)
      let gaps = zip(places, places.dropFirst()).map { $1 - $0 }
      #expect((gaps.max() ?? 0) - (gaps.min() ?? 0) <= 1.01, "\(plane): \(places)")
      #expect((gaps.min() ?? 0) > 10)
    }
  }

  @Test func `show the maps of every row where they can`() throws {
    let affine = Affine(elements: [2, 0, 0, -80, 0, 2, 0, -100, 0, 0, 2, -80])
    func band(_ low: Double, _ high: Double) -> Volume {
      Made.volume(GridShape(i: 81, j: 101, k: 81), affine) { x, y, z in
        abs(x) < 50 && abs(y) < 60 && low < z && z < high ? 1 : 0
      }
    }
    var axial = options
    axial.planes = [.axial]
    axial.slices = 3
    let layers = [Montage.Layer(band(-60, 20)), Montage.Layer(band(0, 50))]
    let places = try Montage(anatomy: Made.head(), comparing: layers, sharedScale: false, options: axial)
      .positions[0].positions
    #expect(places.count == 3)
    #expect(places.allSatisfy { 0 < $0 && $0 < 20 }, "\(places)")
  }

  /// A head as scanners see one: noise and a ghost in the air.
  private func noisyHead() -> Volume {
    var seed: UInt64 = 3
    return Made.volume(
      GridShape(i: 90, j: 110, k: 3), Affine(elements: [2, 0, 0, -89, 0, 2, 0, -109, 0, 0, 2, -2])
    ) { x, y, _ in
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let noise = Double(seed >> 40) / Double(1 << 24)
      let r = (x * x / 4900 + y * y / 8100).squareRoot()
      return r > 1 ? (noise > 0.98 ? 150 : 30 * noise) : 600 + 100 * noise
    }
  }

  @Test func `on a white page have neither a dark rim nor specks around the head`() throws {
    var white = options
    white.background = .white
    white.planes = [.axial]
    white.positions = [0]
    white.crop = .none
    white.dotsPerInch = 150
    white.window = 0...800
    let picture = try Montage(anatomy: noisyHead(), overlay: nil, options: white).picture()
    let (width, height) = (picture.width, picture.height)
    var darkest = 255
    for y in 0..<height {
      for x in 0..<width {
        let (mmX, mmY) = ((Double(x) + 0.5) / Double(width) * 180 - 90, 110 - (Double(y) + 0.5) / Double(height) * 220)
        let r = (mmX * mmX / 4900 + mmY * mmY / 8100).squareRoot()
        let grey = Int(picture.rgb[3 * (y * width + x)])
        if r > 1.05 { #expect(grey == 255, "a speck at \(mmX), \(mmY)") }
        // From white to the head's own grey without anything darker between.
        if r > 0.9 { darkest = min(darkest, grey) }
      }
    }
    let inside = (0..<width).map { Int(picture.rgb[3 * (height / 2 * width + $0)]) }
    let middle = Array(inside[(width / 4)..<(3 * width / 4)])
    #expect(darkest >= (middle.min() ?? 0) - 10, "\(darkest), \(middle.min() ?? 0)")
  }

  @Test func `on a white page keep weak relevance within the head`() throws {
    var white = options
    white.planes = [.axial]
    white.positions = [0]
    white.crop = .none
    white.limit = 1
    let everywhere = Made.volume(
      GridShape(i: 30, j: 30, k: 30), Affine(elements: [8, 0, 0, -116, 0, 8, 0, -116, 0, 0, 8, -116])
    ) {
      x, _, _ in x < 0 ? 0.4 : 1
    }
    func corner(_ background: MontageOptions.Background) throws -> (left: [UInt8], right: [UInt8]) {
      white.background = background
      let picture = try Montage(anatomy: Made.head(), overlay: everywhere, options: white).picture()
      return (Array(picture.rgb[0..<3]), Array(picture.rgb[(3 * picture.width - 3)..<(3 * picture.width)]))
    }
    let (weak, strong) = try corner(.white)
    #expect(weak == [255, 255, 255] && strong != [255, 255, 255])
    #expect(try corner(.black).left != [0, 0, 0])
  }
}
