import Foundation
import PellucidVolumes
import Testing

/// `evaluate bias`: two sites, of which one leaves a bright mark in a corner of its scans, run as a user runs it.
@Suite struct `Evaluate bias` {
  private static let subjects = 16

  /// - Parameters:
  ///   - place: the scan of a number as it is stored.
  ///   - options: further ones of the cohort.
  private static func folder(
    _ place: (Int, Volume) -> Volume = { $1 }, _ options: String = ""
  ) throws -> TemporaryFolder {
    let folder = try TemporaryFolder.withFixtures()
    let scan = try Volume(contentsOf: folder.path("scan.nii.gz"))
    var table = "participant_id\timage\tage\tsite\tscanner\n"
    for number in 1...subjects {
      var own = scan
      for place in own.voxels.indices {
        own.voxels[place] *= 1 + 0.02 * Float((place * (2 * number + 1)) % 17 - 8) / 8 * Float(number % 5 + 1)
      }
      let site = number % 3 == 0 ? "B" : "A"
      if site == "B" { for k in 0..<4 { for j in 0..<4 { for i in 0..<4 { own.voxels[own.offset(i, j, k)] += 600 } } } }
      let name = number < 10 ? "sub-0\(number)" : "sub-\(number)"
      try place(number, own).write(to: folder.path("\(name)_T1w.nii.gz"))
      let shift = shift(number)
      // ITK's axes are LPS+: from the scan's points back to the atlas's.
      try folder.write(
        "\(name).txt",
        "#Insight Transform File V1.0\n#Transform 0\nTransform: TranslationTransform_double_3_3\nParameters: \(shift[0]) \(shift[1]) \(-shift[2])\nFixedParameters: \n"
      )
      table += "\(name)\t\(name)_T1w.nii.gz\t\(60 + (7 * number) % 11)\t\(site)\tone\n"
    }
    try folder.write("study.tsv", table)
    let answer = try Tool.run(
      "cohort study.tsv --model cnn.onnx --method gradient-x-input --target AD --atlas quarters.nii.gz --out study\(options)",
      in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    return folder
  }

  /// Where a subject's scan was moved to, mm.
  private static func shift(_ number: Int) -> [Double] {
    [Double(number % 4) * 9, Double(number % 3) * -11, Double(number % 5) * 6]
  }

  private func rows(_ folder: TemporaryFolder, _ name: String) throws -> [[String: String]] {
    let lines = try #require(folder.text(name)).split(separator: "\n")
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  /// Spearman's correlation from its definition, ties by their mean rank.
  private func spearman(_ x: [Double], _ y: [Double]) -> Double {
    func ranks(_ values: [Double]) -> [Double] {
      values.map { value in
        Double(values.count { $0 < value }) + (Double(values.count { $0 == value }) + 1) / 2
      }
    }
    let (a, b) = (ranks(x), ranks(y))
    let middle = (Double(x.count) + 1) / 2
    func sum(_ p: [Double], _ q: [Double]) -> Double { zip(p, q).reduce(0) { $0 + ($1.0 - middle) * ($1.1 - middle) } }
    return sum(a, b) / (sum(a, a) * sum(b, b)).squareRoot()
  }

  @Test func `what a site leaves in scans shows in shares, regions, clusters, and foretells the site`() throws {
    let folder = try Self.folder()
    let answer = try Tool.run("evaluate bias study --permutations 99 --out bias", in: folder.url)
    try #require(answer.status == 0, "\(answer.error)")
    #expect(answer.error.contains("the covariate scanner is the same for all"))
    #expect(answer.output.contains("2 clusters of maps: 11, 5 scans"))
    let label = "gradientXInput"
    #expect(
      folder.listing("bias").sorted()
        == [
          "bias.json", "bias_clusters.tsv", "bias_covariates.png", "bias_covariates.tsv",
          "bias_\(label)_cluster-1.nii.gz", "bias_\(label)_cluster-1.png", "bias_\(label)_cluster-2.nii.gz",
          "bias_\(label)_cluster-2.png", "bias_\(label)_embedding.png", "bias_prediction.tsv", "bias_subjects.tsv",
        ].sorted())

    let subjects = try rows(folder, "bias/bias_subjects.tsv")
    #expect(subjects.count == Self.subjects)
    #expect(Set(subjects.filter { $0["site"] == "B" }.map { $0["cluster"] }) == ["2"])
    #expect(Set(subjects.filter { $0["site"] == "A" }.map { $0["cluster"] }) == ["1"])
    let predictions = try rows(folder, "study/predictions.tsv")
    #expect(subjects.map { $0["outside_head"] } == predictions.map { $0["outside_head_gradient-x-input"] })

    // Every correlation is that of the cohort's own table.
    let regions = try rows(folder, "study/regions.tsv")
    let found = try rows(folder, "bias/bias_covariates.tsv")
    #expect(Set(found.compactMap { $0["covariate"] }) == ["age", "site=B"])
    var compared = 0
    for row in found where row["region"]?.hasPrefix("(") == false {
      let shares = regions.filter { $0["region"] == row["region"] }.compactMap { Double($0["abs_share"] ?? "") }
      let column = subjects.map {
        row["covariate"] == "age" ? Double($0["age"] ?? "") ?? .nan : $0["site"] == "B" ? 1 : 0
      }
      guard shares.count == column.count, let value = Double(row["spearman"] ?? "") else { continue }
      #expect(abs(value - spearman(shares, column)) < 1e-6, "\(row)")
      compared += 1
    }
    #expect(compared >= 14)
    #expect(found.contains { $0["covariate"] == "site=B" && (Double($0["q"] ?? "") ?? 1) < 0.05 })

    let foretold = try rows(folder, "bias/bias_prediction.tsv")
    let site = try #require(foretold.first { $0["covariate"] == "site" })
    #expect(site["chance"] == "0.5" && site["auc"] == "1" && site["p"] == "0.01", "\(site)")
    #expect((Double(site["value"] ?? "") ?? 0) >= 0.75, "\(site)")
    let age = try #require(foretold.first { $0["covariate"] == "age" })
    #expect((Double(age["value"] ?? "") ?? 9) < 0.5 && (Double(age["p"] ?? "") ?? 0) > 0.05, "\(age)")
    let members = try rows(folder, "bias/bias_clusters.tsv")
    let second = try #require(members.first { $0["cluster"] == "2" && $0["covariate"] == "site=B" })
    #expect(second["mean"] == "1" && second["mean_of_others"] == "0" && second["n"] == "5")

    // The mean map of a cluster is that of its members' maps.
    var sum: [Double] = []
    for row in subjects where row["cluster"] == "2" {
      let name = row["participant_id"] ?? ""
      let map = try Volume(contentsOf: folder.path("study/\(name)/anat/\(name)_desc-\(label)_relevance.nii.gz"))
      sum = sum.isEmpty ? map.voxels.map(Double.init) : zip(sum, map.voxels).map { $0 + Double($1) }
    }
    let mean = try Volume(contentsOf: folder.path("bias/bias_\(label)_cluster-2.nii.gz"))
    #expect(zip(mean.voxels, sum).allSatisfy { abs(Double($0) - $1 / 5) <= 1e-6 * abs($1) + 1e-12 })
  }

  @Test func `maps of several grids, and of moved brains, are compared in MNI space`() throws {
    let plain = try Self.folder()
    let turned = try Self.folder { number, scan in number.isMultiple(of: 2) ? scan.asLIA : scan }
    let moved = try Self.folder(
      { number, scan in
        var own = scan
        for axis in 0..<3 { own.affine[axis, 3] += Self.shift(number)[axis] }
        return own
      }, " --atlas-transform {participant_id}.txt")
    for folder in [plain, turned, moved] {
      let answer = try Tool.run("evaluate bias study --covariates site --out bias", in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
      #expect(answer.output.contains("2 clusters of maps: 11, 5 scans"), "\(answer.output)\(answer.error)")
      let isPlain = folder.url == plain.url
      #expect(answer.error.contains("they are compared in MNI space") != isPlain, "\(answer.error)")
    }
    let clusters = { (folder: TemporaryFolder) in try rows(folder, "bias/bias_subjects.tsv").map { $0["cluster"] } }
    #expect(try clusters(turned) == clusters(plain) && clusters(moved) == clusters(plain))
    // A map's place in the world does not depend on how its scan was stored, nor, with its transform, on where it lay.
    let means = try [plain, turned, moved].map {
      try Volume(contentsOf: $0.path("bias/bias_gradientXInput_cluster-2.nii.gz"))
    }
    #expect(means[1].shape.extents == [91, 109, 91] && means[1].affine == means[2].affine)
    let expected = means[0].resampled(onto: means[1].shape, affine: means[1].affine)
    let ratio = Float(8.0 / 1728)
    let largest = expected.voxels.reduce(0) { max($0, abs($1)) } * ratio
    for mean in means.dropFirst() {
      #expect(zip(mean.voxels, expected.voxels).allSatisfy { abs($0 - $1 * ratio) <= 1e-4 * largest })
    }
    #expect(try turned.json("bias/bias.json").description.contains("MNI, 2 mm"))
  }

  @Test func `maps of several grids without a place in MNI space are not clustered, and it is told`() throws {
    let folder = try Self.folder { number, scan in number.isMultiple(of: 2) ? scan.asLIA : scan }
    let scans = folder.names.filter { $0.hasPrefix("sub-") && $0.hasSuffix(".nii.gz") }.sorted().joined(separator: " ")
    for command in [
      "explain \(scans) --model cnn.onnx --method gradient-x-input --target AD --out results",
      "evaluate bias results --subjects study.tsv --covariates site --out bias",
    ] {
      let answer = try Tool.run(command, in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
      if command.hasPrefix("evaluate") {
        #expect(
          answer.error.contains("nothing says where results/sub-01_T1w_gradient-x-input.json lies in MNI space"),
          "\(answer.error)")
      }
    }
    #expect(
      folder.listing("bias").contains("bias_covariates.tsv")
        && !folder.listing("bias").contains { $0.contains("cluster-") })
  }

  @Test func `results of explain say the same with a table, and twice the same`() throws {
    let folder = try Self.folder()
    let scans = folder.names.filter { $0.hasPrefix("sub-") && $0.hasSuffix(".nii.gz") }.sorted().joined(separator: " ")
    for command in [
      "explain \(scans) --model cnn.onnx --method gradient-x-input --target AD --atlas quarters.nii.gz --out results",
      "evaluate bias results --subjects study.tsv --covariates site --out a",
      "evaluate bias results --subjects study.tsv --covariates site --out b",
      "evaluate bias study --covariates site --out c",
    ] {
      let answer = try Tool.run(command, in: folder.url)
      try #require(answer.status == 0, "\(answer.error)")
    }
    for name in folder.listing("a") { #expect(try folder.bytes("a/\(name)") == folder.bytes("b/\(name)"), "\(name)") }
    for name in ["bias_covariates.tsv", "bias_prediction.tsv", "bias_clusters.tsv"] {
      #expect(folder.text("a/\(name)") == folder.text("c/\(name)"), "\(name)")
    }
    let (own, theirs) = (try rows(folder, "a/bias_subjects.tsv"), try rows(folder, "c/bias_subjects.tsv"))
    #expect(own.map { $0["outside_head"] } == theirs.map { $0["outside_head"] })
    #expect(own.map { $0["cluster"] } == theirs.map { $0["cluster"] })
  }

  @Test func `what cannot be is told in one line, and nothing is left`() throws {
    let folder = try Self.folder()
    try folder.write("strangers.tsv", "participant_id\tage\nx\t1\n")
    try folder.write("bare.tsv", "participant_id\nsub-01\n")
    for (options, status, words) in [
      ("study --covariates sit", 64, "did you mean site?"), ("study --subjects strangers.tsv", 65, "sub-01"),
      ("study --subjects bare.tsv", 65, "no covariates"), ("fills", 65, "no record of a result"),
      ("study/sub-01 --subjects study.tsv", 65, "one scan"), ("study --cell 0", 64, "--cell"),
      ("study --clusters 0", 64, "--clusters 0"), ("study --by volume", 64, "volume"),
      ("study/sub-01 study/sub-02 study/sub-03 study/sub-04", 64, "--subjects"),
    ] as [(String, Int32, String)] {
      let answer = try Tool.run("evaluate bias \(options) --out out", in: folder.url)
      #expect(answer.status == status, "\(options): \(answer.error)")
      #expect(answer.lines.count == 1 && answer.error.contains(words), "\(options): \(answer.error)")
    }
    #expect(!folder.names.contains("out"))
  }
}

extension Volume {
  /// The same voxels in the same places, stored from right to left, from top to bottom, from back to front.
  fileprivate var asLIA: Volume {
    let turned = GridShape(i: shape.i, j: shape.k, k: shape.j)
    var out = Volume(
      shape: turned, voxels: voxels,
      affine: affine.composed(
        with: Affine(elements: [-1, 0, 0, Double(shape.i - 1), 0, 0, 1, 0, 0, -1, 0, Double(shape.k - 1)])))
    for k in 0..<turned.k {
      for j in 0..<turned.j {
        for i in 0..<turned.i {
          out[VoxelIndex(i: i, j: j, k: k)] = self[VoxelIndex(i: shape.i - 1 - i, j: k, k: shape.k - 1 - j)]
        }
      }
    }
    return out
  }

  fileprivate func offset(_ i: Int, _ j: Int, _ k: Int) -> Int { i + shape.i * (j + shape.j * k) }
}
