import Foundation
import PellucidAtlases
import PellucidFaults
import PellucidVolumes
import Testing

@Suite struct `The atlas library` {
  private let library = AtlasLibrary(environment: [:], executable: nil, currentDirectory: checkout)
  private static let regionCounts = [
    "aal": 116, "aicha": 192, "brodmann": 41, "harvard-oxford-cortical": 48, "jhu-white-matter": 48,
  ]

  @Test func `lists what is bundled, with card and regions`() throws {
    #expect(library.notes.isEmpty)
    #expect(Dictionary(uniqueKeysWithValues: library.entries.map { ($0.name, $0.regionCount) }) == Self.regionCounts)
    for entry in library.entries {
      #expect(
        ![entry.card.title, entry.card.space, entry.card.citation, entry.card.licence, entry.card.source].contains(
          "n/a"))
    }
  }

  @Test(arguments: [
    "/Sources/Atlases", "/.build/x86_64-unknown-linux-gnu/release",
  ])
  func `finds the folder from below the checkout`(folder: String) {
    #expect(AtlasLibrary(environment: [:], executable: nil, currentDirectory: checkout + folder).entries.count == 5)
    #expect(
      AtlasLibrary(environment: [:], executable: checkout + folder + "/pellucid", currentDirectory: "/").entries.count
        == 5)
  }

  @Test func `searches the environment, the installation, the checkout, in this order`() throws {
    let scratch = try TemporaryFolder()
    defer { withExtendedLifetime(scratch) {} }
    let root = scratch.path
    func put(_ folder: String, title: String) throws {
      try FileManager.default.createDirectory(atPath: root + folder + "/mine", withIntermediateDirectories: true)
      try Data("title: \(title)\nimage: a.nii\n".utf8).write(to: URL(filePath: root + folder + "/mine/atlas.yaml"))
    }
    try put("/share/pellucid/atlases", title: "installed")
    try put("/own", title: "own")
    let executable = root + "/bin/pellucid"
    let installed = AtlasLibrary(environment: [:], executable: executable, currentDirectory: "/")
    #expect(try installed.entry(named: "Mine").card.title == "installed")
    let own = AtlasLibrary(
      environment: ["PELLUCID_ATLASES": "/nowhere:\(root)/own"], executable: executable, currentDirectory: "/")
    #expect(try own.entry(named: "mine").card.title == "own")

    try FileManager.default.createDirectory(atPath: root + "/own/broken", withIntermediateDirectories: true)
    try Data("- a list\n".utf8).write(to: URL(filePath: root + "/own/broken/atlas.yaml"))
    let broken = AtlasLibrary(environment: ["PELLUCID_ATLASES": root + "/own"], executable: nil, currentDirectory: "/")
    #expect(broken.entries.map(\.name) == ["mine"])
    #expect(broken.notes.count == 1)
  }

  @Test func `an unknown name is a usage error with the near miss`() throws {
    let error = try #require(fault { _ = try library.atlas("harvard-oxford") })
    #expect(error.kind == .usage)
    #expect(error.line.contains("did you mean harvard-oxford-cortical?"))
    let none = AtlasLibrary(environment: [:], executable: "/opt/program", currentDirectory: "/")
    let nowhere = try #require(fault { _ = try none.atlas("aal") })
    #expect(nowhere.kind == .usage && nowhere.why.contains("PELLUCID_ATLASES") && nowhere.why.contains("/opt/program"))
    // A program that depends on the package finds its atlases, wherever it stands.
    let sources = AtlasLibrary(
      environment: [:], executable: "/opt/program", currentDirectory: "/", sources: AtlasLibrary.packageFolder)
    #expect(sources.entries.map(\.name).contains("aal"))
    #expect(fault { _ = try library.atlas("missing.nii.gz") }?.kind == .badData)
  }

  @Test(arguments: regionCounts.keys.sorted())
  func `every region of a bundled atlas has a name and voxels`(name: String) throws {
    let atlas = try library.atlas(name)
    #expect(atlas.notes.isEmpty)
    #expect(atlas.regions.count == Self.regionCounts[name])
    #expect(atlas.regions.map(\.index) == atlas.image.voxelCounts.map(\.label))
    #expect(atlas.regions.allSatisfy { $0.colour != nil && $0.hemisphere != .unknown })
    #expect(try atlas.labels(on: atlas.image.shape, affine: atlas.image.affine) == atlas.image.labels)
  }

  @Test(arguments: ["aal", "jhu-white-matter"])
  func `sides are where the voxels are`(name: String) throws {
    let atlas = try library.atlas(name)
    let shape = atlas.image.shape
    var sum: [Int32: Double] = [:]
    for k in 0..<shape.k {
      for j in 0..<shape.j {
        for i in 0..<shape.i {
          let voxel = VoxelIndex(i: i, j: j, k: k)
          let label = atlas.image.labels[shape.offset(of: voxel)]
          if label > 0 { sum[label, default: 0] += atlas.image.affine.worldPoint(of: voxel).x }
        }
      }
    }
    for region in atlas.regions where region.hemisphere != .both {
      #expect((sum[region.index] ?? 0 < 0) == (region.hemisphere == .left), "\(region.name)")
    }
  }

  @Test func `an atlas by path takes the label file that is given, or one beside it`() throws {
    let image = checkout + "/atlases/aal/aal.nii.gz"
    let beside = try Atlas(contentsOf: image)
    #expect(beside.name == "aal")
    #expect(beside.regions.first?.name == "Precentral_L")
    #expect(try Atlas(contentsOf: checkout + "/atlases/aal").card?.name == "aal")
    let error = try #require(fault { _ = try Atlas(contentsOf: image, labels: "/nowhere.tsv") })
    #expect(error.kind == .badData)
    #expect(error.place.file == "/nowhere.tsv")
  }

  @Test func `AAL's volumes of a brain of 1 mm sum up`() throws {
    let atlas = try library.atlas("aal")
    let shape = atlas.image.shape
    let map = Volume(
      shape: shape, voxels: (0..<shape.count).map { Float($0 % 1009) / 1009 - 0.3 }, affine: atlas.image.affine)
    let rows = try RegionTable(of: map, atlas: atlas).rows
    #expect(rows.count == 117)
    #expect(rows.reduce(0) { $0 + $1.voxels } == shape.count)
    #expect(rows.dropLast().allSatisfy { $0.voxels > 0 && $0.coverage == 1 })
    #expect(abs(rows.reduce(0) { $0 + ($1.values?.absoluteShare ?? 0) } - 1) < 1e-12)
  }
}
