import Foundation
import PellucidAttribution
import PellucidExplaining
import PellucidFaults
import PellucidFiles
import PellucidNetworkViews
import PellucidStatistics
import PellucidSubjects
import PellucidTables
import PellucidVolumes
import TestSupport
import Testing

/// What was planted in a study is found in the layers that can hold it.
@Suite struct `Studies inside` {
  /// Brightness follows age, edges follow the group; the column `luck` follows nothing.
  private struct Study {
    let folder: TemporaryFolder
    let table: SubjectTable

    init(_ count: Int = 30) throws {
      folder = try TemporaryFolder()
      var (lines, noise) = (["participant_id\timage\tgroup\tage\tluck"], Noise(seed: 5))
      for subject in 0..<count {
        let age = 50 + 40 * Float.random(in: 0...1, using: &noise)
        let group = subject % 2 == 0 ? "CN" : "AD"
        let scan = Planted.scan(
          bright: 0.5 + 0.02 * (age - 50), edges: group == "AD" ? 0.4 : 0, seed: 400 + subject)
        try scan.write(to: folder.path("\(subject).nii.gz"))
        let luck = Float.random(in: 0...1, using: &noise)
        lines.append("sub-\(subject)\t\(subject).nii.gz\t\(group)\t\(age)\t\(luck)")
      }
      table = try SubjectTable(contentsOf: try folder.write("study.tsv", lines.joined(separator: "\n") + "\n"))
    }

    func activations(layers: String, pool: ActivationPool = .mean) throws -> CohortActivations {
      try CohortActivations(
        of: try table.scans(atLeast: 4), layers: layers, in: try Planted.explainer("planted_study.onnx", target: "1"),
        pool: pool)
    }
  }

  @Test func `layers know what was planted, as far as they can`() throws {
    let study = try Study()
    let manifold = try Manifold(try study.activations(layers: "relu,pool,head"), of: study.table)
    #expect(manifold.questions.map(\.name) == ["group", "age", "luck"])
    let relu = manifold.layers[0]
    #expect(relu.width == 2)
    #expect((relu.probes[0]?.score ?? 0) > 0.9)
    #expect((relu.probes[1]?.score ?? 0) > 0.8)
    #expect((relu.probes[2]?.score ?? 1) < 0.2)
    // The head keeps brightness alone, so it has forgotten the group.
    let head = manifold.layers[2]
    #expect((head.probes[0]?.score ?? 1) < 0.75)
    #expect((head.probes[1]?.score ?? 0) > 0.8)
    // The pool makes the mean that the first layer is pooled by.
    #expect(abs((manifold.alignment[0][1] ?? 0) - 1) < 1e-6)
    #expect((manifold.unbiasedAlignment[0][2] ?? 1) < 1)
    let components = try #require(relu.components)
    #expect(components.coordinates.count == 30 && components.shares[0] > 0.5)
  }

  @Test func `neighbours are those of the distances themselves`() throws {
    let study = try Study(8)
    let activations = try study.activations(layers: "relu")
    let manifold = try Manifold(activations, of: study.table)
    let rows = activations.rows[0]
    for (subject, near) in manifold.layers[0].neighbours.enumerated() {
      func distance(_ other: Int) -> Double {
        zip(rows[subject], rows[other]).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }.squareRoot()
      }
      let order = (0..<8).filter { $0 != subject }.sorted { distance($0) < distance($1) }
      #expect(near.map(\.subject) == Array(order.prefix(5)))
      #expect(zip(near, order).allSatisfy { abs($0.distance - distance($1)) < 1e-5 })
    }
  }

  @Test(arguments: ActivationPool.allCases)
  func `maps of components share out what the coordinates vary by`(pool: ActivationPool) throws {
    let study = try Study(10)
    let activations = try study.activations(layers: "relu", pool: pool)
    let manifold = try Manifold(activations, of: study.table)
    let volumes = try ComponentMaps.volumes(
      manifold, activations, pool: pool, of: try study.table.scans(atLeast: 4),
      in: try Planted.explainer("planted_study.onnx", target: "1"))
    let volume = try #require(volumes[0])
    let components = try #require(manifold.layers[0].components)
    for (k, variance) in components.variances.prefix(volume.channels).enumerated() {
      let voxels = volume.channel(alone: k).voxels
      let sum = voxels.reduce(0.0) { $0 + Double($1) } / (pool == .mean ? Double(voxels.count) : 1)
      #expect(abs(sum - variance.squareRoot()) < 1e-3 * components.variances[0].squareRoot())
    }
    // Nothing is padded, so cell 0 looks at voxel 1.
    let point = volume.affine.worldPoint(i: 0, j: 0, k: 0)
    #expect([point.x, point.y, point.z] == [-3, -3, -3])
  }

  @Test func `the files of a study appear together and say what was found`() throws {
    let study = try Study(12)
    let activations = try study.activations(layers: "relu,head")
    let manifold = try Manifold(activations, of: study.table)
    let out = study.folder.path("out")
    let writer = ViewWriter(into: try FileSet(folder: out), name: "study_manifold")
    try ManifoldReport(manifold, activations, of: study.table, pool: .mean).write(into: writer, volumes: [nil, nil])
    try writer.commit()
    let probes = try Table(contentsOf: out + "/study_manifold_probes.tsv")
    #expect(try probes.texts("covariate") == ["group", "age", "luck", "group", "age", "luck"])
    let coordinates = try Table(contentsOf: out + "/study_manifold_coordinates.tsv")
    #expect(coordinates.rowCount == 24)
    #expect(
      Set(study.folder.listing("out")) == [
        "study_manifold.png", "study_manifold_cka.png", "study_manifold_cka.tsv", "study_manifold_coordinates.tsv",
        "study_manifold_neighbours.tsv", "study_manifold_probes.png", "study_manifold_probes.tsv",
      ])
  }

  @Test func `coordinates follow the covariate that was planted`() throws {
    let study = try Study(20)
    let manifold = try Manifold(try study.activations(layers: "head"), of: study.table)
    let out = study.folder.path("out")
    let writer = ViewWriter(into: try FileSet(folder: out), name: "study_manifold")
    try CoordinateCourse.write(manifold, of: study.table, along: ["age"], steps: 3, components: 1, into: writer)
    try writer.commit()
    let table = try Table(contentsOf: out + "/study_manifold_course.tsv")
    #expect(try table.numbers("explained").allSatisfy { ($0 ?? 0) > 0.9 })
    let means = try table.numbers("mean").compactMap { $0 }
    #expect(means.count == 3 && (means[2] - means[1]) * (means[1] - means[0]) > 0)
  }

  @Test func `what cannot be asked is refused or told`() throws {
    let study = try Study(6)
    #expect(fault { _ = try study.activations(layers: "reluu") }?.kind == .usage)
    #expect(fault { _ = try study.table.scans(atLeast: 7) }?.line.contains("6 scans, and at least 7") == true)
    let activations = try study.activations(layers: "relu")
    #expect(fault { _ = try Manifold(activations, of: study.table, columns: ["agee"]) }?.kind == .usage)
    // Six subjects are too few for five folds of numbers.
    let manifold = try Manifold(activations, of: study.table, columns: ["age"])
    #expect(manifold.questions.isEmpty && manifold.notes.count == 1)
  }
}
