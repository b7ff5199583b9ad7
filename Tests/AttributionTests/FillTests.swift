import PellucidAttribution
import PellucidFaults
import PellucidNetworks
import PellucidTensors
import TestSupport
import Testing

/// What occluded voxels become.
@Suite struct FillTests {
  /// A world with answers of its own.
  struct World: SubjectWorld {
    var inBrain: [Bool]
    func brain() throws(PellucidError) -> [Bool] { inBrain }
    func mirrored() throws(PellucidError) -> Tensor { Tensor(repeating: 5, shape: Shape([1, 1, 1, 2, 3])) }
  }

  /// Files with answers of their own.
  struct Files: OptionFiles {
    func composite(_ path: String) throws(PellucidError) -> CompositeRecipe { CompositeRecipe(file: path, entries: []) }
    func template(_ path: String) throws(PellucidError) -> Tensor {
      Tensor(repeating: 6, shape: Shape([1, 1, 1, 2, 3]))
    }
    func input(of path: String, placed: Bool) throws(PellucidError) -> (image: Tensor, covered: Double) {
      (try template(path), 1)
    }
    func scans(inFolder path: String) throws(PellucidError) -> [String] { [path] }
  }

  static func fill(_ given: [String: String]) throws(PellucidError) -> Fill { try Fill(OptionValues(given)) }

  /// The values of the whole image under a fill.
  static func values(_ fill: Fill, _ subject: Subject) throws -> [Float] {
    let whole = Box(whole: subject.image.shape.spatial)
    switch try Occluder(fill, for: subject).perturbation(.box(whole)).fill {
    case .value(let value): return Array(repeating: value, count: subject.image.count)
    case .image(let image): return image.ordered(.rowMajor).values
    }
  }

  @Test func `numbers, words and files are told apart`() throws {
    #expect(try Self.fill([:]).kind == .background)
    #expect(try Self.fill(["fill": "-1.5"]).kind == .value(-1.5))
    #expect(try Self.fill(["fill": "blur", "sigma": "4"]) == Fill(.blur, sigma: 4))
    #expect(try Self.fill(["fill": "noise", "seed": "7"]) == Fill(.noise, seed: 7))
    #expect(try Self.fill(["fill": "healthy.nii.gz"]).kind == .file("healthy.nii.gz"))
    #expect(try Self.fill(["fill": "folder/healthy"]).kind == .file("folder/healthy"))
  }

  @Test(arguments: [
    (["fill": "miror"], "did you mean mirror?"), (["fill": "nan"], "finite"), (["fill": "inf"], "finite"),
    (["fill": "blur", "sigma": "0"], "`sigma` 0"), (["feather": "-1"], "`feather` -1"), (["sigma": "3"], "`fill` blur"),
  ])
  func `what cannot be meant is a usage error`(given: [String: String], words: String) throws {
    let error = try #require(throws: PellucidError.self) { try Self.fill(given) }
    #expect(error.kind == .usage)
    #expect(error.line.contains(words), "\(error.line)")
  }

  @Test func `mean is the brain's, of each channel`() throws {
    let image = Tensor([0, 2, 4, 0, 0, 0, 1, 1, 7, 1, 1, 1], shape: Shape([1, 2, 1, 2, 3]))
    #expect(
      try Self.values(Fill(.mean), Subject(image: image))
        == Array(repeating: 3, count: 6) + Array(repeating: 2, count: 6))
    let brain = World(inBrain: [true, true, true, false, false, false])
    #expect(
      try Self.values(Fill(.mean), Subject(image: image, world: brain))
        == Array(repeating: 2, count: 6) + Array(repeating: 3, count: 6))
  }

  @Test func `mirror and templates are the world's`() throws {
    let image = Tensor([1, 2, 3, 4, 5, 6], shape: Shape([1, 1, 1, 2, 3]))
    let subject = Subject(image: image, world: World(inBrain: []), files: Files())
    #expect(try Self.values(Fill(.mirror), subject) == Array(repeating: 5, count: 6))
    #expect(try Self.values(Fill(.file("a.nii")), subject) == Array(repeating: 6, count: 6))
    let error = #expect(throws: PellucidError.self) { try Self.values(Fill(.mirror), Subject(image: image)) }
    #expect(error?.kind == .usage)
    let unread = #expect(throws: PellucidError.self) { try Self.values(Fill(.file("a.nii")), Subject(image: image)) }
    #expect(unread?.line == "nobody reads the file a.nii for the method; give the subject's files")
  }

  @Test func `blur is the Gaussian's sum in mm, voxel by voxel`() throws {
    let shape = Shape([1, 1, 9, 7, 11])
    var random = RandomValues(seed: 3)
    let x = (0..<shape.count).map { _ in random.next() }
    let sizes = [1.0, 2, 0.5]
    let sigma = 1.3
    let blurred = try Self.values(
      Fill(.blur, sigma: Float(sigma)), Subject(image: Tensor(x, shape: shape), voxelSizes: sizes))
    let extents = shape.spatial
    for (place, value) in blurred.enumerated() {
      let at = [place / 77, place / 11 % 7, place % 11]
      var (sum, norm) = (0.0, 0.0)
      for other in x.indices {
        let to = [other / 77, other / 11 % 7, other % 11]
        let away = (0..<3).map { Double(abs(at[$0] - to[$0])) * sizes[$0] / Double(Float(sigma)) }
        guard away.allSatisfy({ $0 <= 3 }) else { continue }
        let weight = Self.bell(away.reduce(0) { $0 + $1 * $1 })
        sum += weight * Double(x[other])
        norm += weight
      }
      #expect(abs(Double(value) - sum / norm) < 1e-5, "voxel \(at) of \(extents)")
    }
  }

  /// exp(−x/2) by its series on small parts.
  static func bell(_ x: Double) -> Double {
    let part = -x / 2 / 1024
    var power = 1 + part + part * part / 2 + part * part * part / 6
    for _ in 0..<10 { power *= power }
    return power
  }

  @Test func `a constant stays constant under blur and noise`() throws {
    let subject = Subject(image: Tensor(repeating: 3.5, shape: Shape([1, 2, 12, 9, 40])))
    for fill in [Fill(.blur), Fill(.noise)] {
      #expect(try Self.values(fill, subject).allSatisfy { abs($0 - 3.5) < 1e-4 })
    }
  }

  @Test func `noise has the local mean and variance, and the same seed gives the same`() throws {
    let shape = Shape([1, 1, 24, 24, 24])
    var random = RandomValues(seed: 5)
    // One half around 10 with variance 1/12, the other around −10 with 4/12.
    let x = (0..<shape.count).map { place in
      place < shape.count / 2 ? 9.5 + random.next() : -11 + 2 * random.next()
    }
    let subject = Subject(image: Tensor(x, shape: shape))
    let first = try Self.values(Fill(.noise, sigma: 1.5, seed: 1), subject)
    #expect(try Self.values(Fill(.noise, sigma: 1.5, seed: 1), subject) == first)
    #expect(try Self.values(Fill(.noise, sigma: 1.5, seed: 2), subject) != first)
    for (range, mean, variance) in [(0..<3000, 10.0, 1.0 / 12), ((shape.count - 3000)..<shape.count, -10.0, 4.0 / 12)] {
      let part = first[range].map(Double.init)
      let average = part.reduce(0, +) / 3000
      let spread = part.reduce(0) { $0 + ($1 - average) * ($1 - average) } / 3000
      #expect(abs(average - mean) < 0.05)
      #expect(spread > 0.85 * variance && spread < 1.15 * variance, "\(spread) instead of \(variance)")
    }
  }
}
