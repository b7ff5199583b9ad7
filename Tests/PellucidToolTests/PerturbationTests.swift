import Foundation
import PellucidFigures
import PellucidVolumes
import Testing

/// The methods that change the scan and ask again, as a user runs them.
@Suite struct `Perturbation methods` {
  /// Each with options that keep it short.
  static let methods = [
    "occlusion --patch 4 --stride 3", "region-occlusion", "lime --samples 60", "kernel-shap --samples 60",
    "shapley-sampling --permutations 2", "rise --masks 30", "region-interaction --top 4",
  ]

  static func explain(
    _ method: String, of scan: String = "scan.nii.gz", atlas: String = "quarters.nii.gz", out: String = "out"
  ) -> String {
    "explain \(scan) --model cnn.onnx --target AD --atlas \(atlas) --out \(out) --method \(method)"
  }

  /// The rows of a table by their names, each cell by its column's.
  static func table(_ name: String, in folder: TemporaryFolder) throws -> [String: [String: String]] {
    let text = try String(contentsOf: folder.url.appending(path: name), encoding: .utf8)
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
      $0.split(separator: "\t").map(String.init)
    }
    let rows = lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
    return Dictionary(uniqueKeysWithValues: rows.map { ($0["name"] ?? "", $0) })
  }

  private func drops(_ name: String, in folder: TemporaryFolder) throws -> [String: Double] {
    try Self.table(name, in: folder).compactMapValues { Double($0["score_drop"] ?? "") }
  }

  private func succeed(_ command: String, in folder: TemporaryFolder) throws -> Tool.Answer {
    let answer = try Tool.run(command, in: folder.url)
    try #require(answer.status == 0, "\(command): \(answer.error)")
    return answer
  }

  private func facts(_ name: String, in folder: TemporaryFolder) throws -> [String: Any] {
    try #require(try folder.json(name)["facts"] as? [String: Any])
  }

  // MARK: - Seeds

  @Test(arguments: methods, ["", "noise"])
  func `the same seed gives the same bytes`(_ method: String, _ fill: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    let name = String(method.prefix { $0 != " " })
    let fill = fill.isEmpty ? "" : " --fill \(fill) --sigma 20"
    for (out, seed) in [("a", 7), ("b", 7), ("c", 8)] {
      _ = try succeed(Self.explain(method, out: out) + fill + " --seed \(seed) --threads 2", in: folder)
    }
    let files = folder.listing("a").filter { !$0.hasSuffix(".json") }
    #expect(files.count == (name == "region-interaction" ? 5 : 3))
    for file in files { #expect(try folder.bytes("a/\(file)") == folder.bytes("b/\(file)"), "\(file)") }
    let isSeeded = !fill.isEmpty || ["lime", "kernel-shap", "shapley-sampling", "rise"].contains(name)
    #expect(try (folder.bytes("a/scan_\(name).nii.gz") != folder.bytes("c/scan_\(name).nii.gz")) == isSeeded)
  }

  @Test func `supervoxels are the same again`() throws {
    let folder = try TemporaryFolder.withFixtures()
    for out in ["a", "b"] {
      _ = try succeed(Self.explain("lime --samples 50 --supervoxels 20", out: out), in: folder)
    }
    #expect(try folder.bytes("a/scan_lime.nii.gz") == folder.bytes("b/scan_lime.nii.gz"))
    #expect(try facts("a/scan_lime.json", in: folder)["features"] as? String == "supervoxels")
  }

  // MARK: - What the provenance says

  @Test func `provenance says how well lime fits and that Shapley values add up`() throws {
    let folder = try TemporaryFolder.withFixtures()
    _ = try succeed(Self.explain("lime,kernel-shap,shapley-sampling --samples 300"), in: folder)
    let lime = try facts("out/scan_lime.json", in: folder)
    let r2 = try #require(lime["r2"] as? Double)
    #expect(r2 > 0.5 && r2 <= 1)
    for name in ["kernel-shap", "shapley-sampling"] {
      let facts = try facts("out/scan_\(name).json", in: folder)
      let (score, none) = (try #require(facts["score"] as? Double), try #require(facts["score_of_none"] as? Double))
      #expect(abs(try #require(facts["additivity_residual"] as? Double)) < 1e-9)
      #expect(abs(score - none) > 1e-4)
      // The table's sums are the regions' values, and the map is written in float32.
      let sum = try Self.table("out/scan_\(name)_regions.tsv", in: folder).values.compactMap { Double($0["sum"] ?? "") }
        .reduce(0, +)
      #expect(abs(sum - (score - none)) < 1e-5 * abs(score - none), "\(name): \(sum)")
      #expect(try folder.json("out/scan_\(name).json")["memory_limit_bytes"] as? Int ?? 0 > 1 << 20)
    }
    // 8 regions have 254 coalitions.
    #expect(try facts("out/scan_kernel-shap.json", in: folder)["exact"] as? String == "yes")
  }

  /// Values by brute force over all coalitions; `Tests/References/make_shapley.py`.
  struct Coalitions: Decodable {
    var labels: [Int]
    var voxels: [Int]
    var score, score_of_none, lime_r2: Double
    var shapley, lime: [Double]
    var lime_samples: Int
  }

  @Test(arguments: ["kernel-shap", "shapley-sampling --permutations 200", "lime --samples 20000"])
  func `shares of regions are those of all coalitions, run by ONNX Runtime`(_ method: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    let wanted = try JSONDecoder().decode(Coalitions.self, from: folder.bytes("shapley.json"))
    let name = String(method.prefix { $0 != " " })
    _ = try succeed(Self.explain(method), in: folder)
    let rows = try Self.table("out/scan_\(name)_regions.tsv", in: folder).values
    let facts = try facts("out/scan_\(name).json", in: folder)
    let values = name == "lime" ? wanted.lime : wanted.shapley
    let largest = values.map(\.magnitude).max() ?? 0
    let tolerances = ["kernel-shap": 1e-4, "shapley-sampling": 2e-2, "lime": 1e-2]
    let tolerance = try #require(tolerances[name])
    func fact(_ key: String) throws -> Double {
      let value = facts[key] as? Double
      return try #require(value)
    }
    for (place, label) in wanted.labels.enumerated() {
      let row = try #require(rows.first { $0["index"] == "\(label)" })
      #expect(row["voxels"] == "\(wanted.voxels[place])")
      let found = try #require(Double(row[name == "lime" ? "mean" : "sum"] ?? ""))
      #expect(abs(found - values[place]) < tolerance * largest, "\(label): \(found) instead of \(values[place])")
    }
    #expect(abs(try fact("score") - wanted.score) < 1e-6)
    if name == "lime" {
      #expect(abs(try fact("r2") - wanted.lime_r2) < 5e-3)
    } else {
      #expect(abs(try fact("score_of_none") - wanted.score_of_none) < 1e-6)
    }
  }

  // MARK: - Pairs

  @Test func `a matrix of pairs is what occluding merged regions says`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try succeed(Self.explain("region-interaction,region-occlusion"), in: folder)
    #expect(
      folder.listing("out").filter { $0.hasPrefix("scan_region-interaction") } == [
        "scan_region-interaction.json", "scan_region-interaction.nii.gz", "scan_region-interaction.png",
        "scan_region-interaction_matrix.png", "scan_region-interaction_matrix.tsv",
        "scan_region-interaction_regions.tsv",
      ])
    #expect(answer.output.contains("matrix   out/scan_region-interaction_matrix.tsv"))
    #expect(answer.output.contains("picture  out/scan_region-interaction_matrix.png"))

    let text = try String(
      contentsOf: folder.url.appending(path: "out/scan_region-interaction_matrix.tsv"), encoding: .utf8)
    #expect(text.hasSuffix("\n"))
    let cells = text.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    let names = [
      "Back_L", "Back_R", "Front_L", "Front_R", "Top_back_L", "Top_back_R", "Top_front_L", "Top_front_R",
    ]
    #expect(cells[0].map(String.init) == ["name"] + names)
    #expect(cells.dropFirst().map { String($0[0]) } == names)
    let matrix = cells.dropFirst().map { row in row.dropFirst().compactMap { Double($0) } }
    try #require(matrix.count == 8 && matrix.allSatisfy { $0.count == 8 })
    let single = try drops("out/scan_region-occlusion_regions.tsv", in: folder)
    for a in 0..<8 {
      #expect(abs(matrix[a][a] - (single[names[a]] ?? .nan)) < 1e-8)
      for b in 0..<8 { #expect(matrix[a][b] == matrix[b][a]) }
    }
    // An atlas in which two regions are one: its drop is that of both.
    for (a, b, kept, merged) in [(0, 1, 1, 2), (2, 7, 3, 14), (4, 3, 11, 4)] {
      try relabel(folder, "merged.nii.gz") { $0 == Float(merged) ? Float(kept) : $0 }
      _ = try succeed(
        Self.explain("region-occlusion", atlas: "merged.nii.gz --labels quarters.tsv", out: "m"), in: folder)
      let both = try drops("m/scan_region-occlusion_regions.tsv", in: folder)
      let wanted = (single[names[a]] ?? .nan) + (single[names[b]] ?? .nan) - (both[names[a]] ?? .nan)
      #expect(abs(matrix[a][b] - wanted) < 2e-7, "\(names[a]), \(names[b])")
    }

    let picture = try PNGPicture(decoding: [UInt8](folder.bytes("out/scan_region-interaction_matrix.png")))
    // Cells of both signs: clearly red and clearly blue pixels, many of each.
    var (red, blue) = (0, 0)
    for at in stride(from: 0, to: picture.rgb.count, by: 3) {
      let difference = Int(picture.rgb[at]) - Int(picture.rgb[at + 2])
      if difference > 60 { red += 1 } else if difference < -60 { blue += 1 }
    }
    #expect(red > 1000 && blue > 1000, "\(red) red, \(blue) blue pixels of \(picture.width) × \(picture.height)")
  }

  /// Writes the atlas with other labels.
  private func relabel(_ folder: TemporaryFolder, _ name: String, _ change: (Float) -> Float) throws {
    var atlas = try Volume(contentsOf: folder.url.appending(path: "quarters.nii.gz").path)
    atlas.voxels = atlas.voxels.map(change)
    try atlas.write(to: folder.url.appending(path: name).path, description: "labels", intentName: "labels")
  }

  // MARK: - Windows and regions at the borders of what can be

  @Test func `a window larger than an axis covers it whole`() throws {
    let folder = try TemporaryFolder.withFixtures()
    _ = try succeed(Self.explain("occlusion --patch 100 --stride 7 --fill 2"), in: folder)
    let map = try Volume(contentsOf: folder.url.appending(path: "out/scan_occlusion.nii.gz").path)
    let lesion = try succeed(
      "lesion scan.nii.gz --model cnn.onnx --target AD --at 0,0,0 --radius 1000 --fill 2", in: folder)
    let drop = try #require(try decoded(Data(lesion.output.utf8))["score_drop"] as? Double)
    #expect(map.voxels.allSatisfy { abs(Double($0) - drop) < 1e-6 }, "\(map.voxels[0]) instead of \(drop)")
    #expect(try facts("out/scan_occlusion.json", in: folder)["windows"] as? Int == 1)
    // Along one axis only.
    _ = try succeed(Self.explain("occlusion --patch 5,100,3 --stride 5,1,3 --fill 2"), in: folder)
    let strips = try Volume(contentsOf: folder.url.appending(path: "out/scan_occlusion.nii.gz").path)
    for j in 0..<14 {
      for i in [0, 5, 11] { #expect(strips[VoxelIndex(i: i, j: j, k: 4)] == strips[VoxelIndex(i: i, j: 0, k: 4)]) }
    }
    #expect(try facts("out/scan_occlusion.json", in: folder)["windows"] as? Int == 3 * 1 * 4)
  }

  @Test(arguments: [("2", "100", 1, 8), ("2", "11", 2 * 2, 8 * 4 - 8), ("1", "20,1,1", 14 * 10, 140)])
  func `windows with gaps between leave 0 there and say so`(
    patch: String, stride: String, windows: Int, covered: Int
  ) throws {
    let folder = try TemporaryFolder.withFixtures()
    let answer = try succeed(Self.explain("occlusion --patch \(patch) --stride \(stride) --fill 5"), in: folder)
    #expect(
      answer.error.contains(
        "pellucid: note: \(1680 - covered) of the 1680 voxels lie in no window, since the stride is longer than the window; "
      ), "\(answer.error)")
    #expect(try facts("out/scan_occlusion.json", in: folder)["windows"] as? Int == windows)
    let map = try Volume(contentsOf: folder.url.appending(path: "out/scan_occlusion.nii.gz").path)
    #expect((1...covered).contains(map.voxels.count { $0 != 0 }))
  }

  @Test(arguments: methods.dropFirst().filter { !$0.hasPrefix("rise") })
  func `regions beyond the scan are listed and have no value`(_ method: String) throws {
    let folder = try TemporaryFolder.withFixtures()
    // The lower half of the head; the card pads it to the network's size again.
    let whole = try Volume(contentsOf: folder.url.appending(path: "scan.nii.gz").path)
    var low = whole
    low.shape = GridShape(i: 12, j: 14, k: 6)
    low.voxels = Array(whole.voxels.prefix(low.shape.count))
    try low.write(to: folder.url.appending(path: "low.nii.gz").path, description: "low", intentName: "low")
    let name = String(method.prefix { $0 != " " })
    let answer = try succeed(Self.explain(method, of: "low.nii.gz"), in: folder)
    #expect(
      answer.error.contains(
        "pellucid: note: 4 of the atlas's 8 regions have no voxel in the model's field of view "
          + "(Top_back_L, Top_back_R, Top_front_L, Top_front_R); "), "\(answer.error)")
    let facts = try facts("out/low_\(name).json", in: folder)
    #expect(facts["regions_outside"] as? [Int] == [11, 12, 13, 14])
    let table = try Self.table("out/low_\(name)_regions.tsv", in: folder)
    for (region, row) in table where region.hasPrefix("Top") {
      #expect(row["coverage"] == "0" && row["mean"] == "n/a" && row["score_drop"] ?? "n/a" == "n/a", "\(row)")
    }
    #expect(table["Back_L"]?["mean"] != "n/a")
    if name == "region-interaction" {
      let matrix = try Self.table("out/low_region-interaction_matrix.tsv", in: folder)
      #expect(matrix.keys.sorted() == ["Back_L", "Back_R", "Front_L", "Front_R"])
    }
    if name == "kernel-shap" || name == "shapley-sampling" {
      // Nothing of the sum is lost on padding.
      let gain = try #require(facts["score"] as? Double) - #require(facts["score_of_none"] as? Double)
      let sum = try #require(try folder.json("out/low_\(name).json")["sum_of_volume"] as? Double)
      #expect(abs(sum - gain) < 1e-5 * abs(gain), "\(sum) of \(gain)")
    }
  }

  @Test func `an atlas of probabilities counts where the most probable region has more than a quarter`() throws {
    let folder = try TemporaryFolder.withFixtures()
    let labels = try Volume(contentsOf: folder.url.appending(path: "quarters.nii.gz").path)
    let order: [Float] = [1, 2, 3, 4, 11, 12, 13, 14]
    // A region's own voxels have 80, 26 or 25 %, by a pattern; another region has 20 % everywhere.
    let own = { (voxel: Int) -> Float in [80, 26, 25][voxel / 3 % 3] }
    var maps = labels
    maps.channels = 8
    maps.voxels = order.indices.flatMap { number in
      labels.voxels.indices.map { voxel in
        labels.voxels[voxel] == order[number] ? own(voxel) : labels.voxels[voxel] == order[(number + 1) % 8] ? 20 : 0
      }
    }
    try maps.write(to: folder.url.appending(path: "maps.nii.gz").path, description: "maps", intentName: "maps")
    var kept = labels
    kept.voxels = labels.voxels.indices.map { own($0) > 25 ? labels.voxels[$0] : 0 }
    try kept.write(to: folder.url.appending(path: "kept.nii.gz").path, description: "kept", intentName: "kept")
    let names = ["Back_L", "Back_R", "Front_L", "Front_R", "Top_back_L", "Top_back_R", "Top_front_L", "Top_front_R"]
    try folder.write(
      "maps.tsv", "index\tname\n" + names.enumerated().map { "\($0.offset + 1)\t\($0.element)\n" }.joined())
    let answer = try succeed(Self.explain("region-occlusion", atlas: "maps.nii.gz", out: "maps"), in: folder)
    #expect(answer.error.contains("the atlas holds 8 volumes of probabilities"), "\(answer.error)")
    _ = try succeed(
      Self.explain("region-occlusion", atlas: "kept.nii.gz --labels quarters.tsv", out: "kept"), in: folder)
    let found = try drops("maps/scan_region-occlusion_regions.tsv", in: folder)
    #expect(found.count == 8)
    #expect(try found == drops("kept/scan_region-occlusion_regions.tsv", in: folder))
  }
}
