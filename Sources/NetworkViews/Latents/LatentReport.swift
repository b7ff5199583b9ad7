public import PellucidAtlases
public import PellucidFaults
internal import PellucidFigures
internal import PellucidStatistics
internal import PellucidTables
internal import PellucidVolumes

/// The tables, volumes and pictures of a scan's latent factors.
public struct LatentReport: Sendable {
  private let scan: LatentScan
  private let stem: String
  private let factors: [Int]
  private let values: [Double]
  private let samples: (count: Int, seed: Int)?

  /// A report.
  ///
  /// - Parameters:
  ///   - stem: what the scan is called.
  ///   - factors: which are shown.
  ///   - values: where each of them goes, step by step.
  ///   - samples: how many images of factors from the prior, and the start of their random numbers; nil: none.
  public init(
    _ scan: LatentScan, stem: String, factors: [Int], values: [Double], samples: (count: Int, seed: Int)?
  ) {
    (self.scan, self.stem, self.factors, self.values, self.samples) = (scan, stem, factors, values, samples)
  }

  /// Writes everything but the record.
  public func write(into writer: ViewWriter, atlas: PlacedAtlas?) throws(PellucidError) {
    let code = scan.code
    let all = Array(code.means.indices)
    try writer.add(
      Table([
        .whole("factor", all), .number("mean", code.means.map(Double.init)),
        .number("log_variance", code.logVariances.map(Double.init)), .number("sd", code.deviations),
        .number("divergence", code.divergences),
      ]), role: "factors", ending: ".tsv")
    try writer.add(
      scan.reconstruction, role: "reconstruction", ending: "_reconstruction.nii.gz", description: "reconstruction")
    try writer.add(scan.error, role: "error", ending: "_error.nii.gz", description: "reconstruction less input")
    var changes: [(factor: Int, map: Volume)] = []
    for factor in factors { changes.append((factor, try scan.change(by: factor))) }
    if let volume = Volume.joined(changes.map(\.map)) {
      try writer.add(volume, role: "volume", ending: "_changes.nii.gz", description: "change per unit of a factor")
    }
    for factor in factors {
      let way = try scan.traversal(of: factor, at: values)
      try writer.add(
        way, role: "traversal:\(factor)", ending: "_factor-\(factor).nii.gz", description: "factor \(factor)")
      try writer.add(
        try picture(of: factor, way), role: "traversal_picture:\(factor)", ending: "_factor-\(factor).png")
    }
    if let samples {
      try writer.add(
        try scan.samples(samples.count, seed: samples.seed), role: "samples", ending: "_samples.nii.gz",
        description: "images of factors from the prior")
    }
    if let atlas {
      try writer.add(
        try RegionSums.table(of: changes.map { ("\($0.factor)", $0.map) }, key: "factor", in: atlas), role: "regions",
        ending: "_regions.tsv")
    }
    try writer.add(try picture(changes))
    var options = MontageOptions()
    options.title = "\(stem), as the decoder draws it"
    options.subtitle =
      "leaves \(NumberText.significant(scan.relativeError, digits: 2)) of the variance, correlation \(NumberText.significant(scan.correlation, digits: 2))"
    options.slices = 5
    try writer.add(
      try Montage(anatomy: scan.reconstruction, overlay: nil, options: options).png(), role: "reconstruction_picture",
      ending: "_reconstruction.png")
  }

  /// The error and what each factor changes, over the scan.
  private func picture(_ changes: [(factor: Int, map: Volume)]) throws(PellucidError) -> [UInt8] {
    var options = MontageOptions()
    options.title = "\(stem) · what the autoencoder misses, and what its factors draw"
    options.slices = 3
    options.sign = .signed
    var layers = [Montage.Layer(scan.error, name: "reconstruction error", label: "network's units")]
    for (factor, map) in changes.prefix(7) {
      let mean = NumberText.significant(Double(scan.code.means[factor]), digits: 2)
      layers.append(Montage.Layer(map, name: "factor \(factor), at \(mean)", label: "change per unit"))
    }
    return try Montage(anatomy: scan.anatomy, comparing: layers, sharedScale: false, options: options).png()
  }

  /// What changes at each step of a factor from what it is, over the reconstruction.
  private func picture(of factor: Int, _ way: Volume) throws(PellucidError) -> [UInt8] {
    var options = MontageOptions()
    options.title = "\(stem) · factor \(factor)"
    let own = NumberText.significant(Double(scan.code.means[factor]), digits: 2)
    options.subtitle = "what differs from the reconstruction, where the factor is \(own)"
    options.slices = 3
    options.sign = .signed
    let whole = try scan.image(of: scan.code.means)
    let layers = Self.spread(values.count, most: 9).map { step -> Montage.Layer in
      var difference = way.channel(alone: step)
      for voxel in difference.voxels.indices { difference.voxels[voxel] -= whole.voxels[voxel] }
      return Montage.Layer(
        difference, name: "at \(NumberText.significant(values[step], digits: 2))", label: "network's units")
    }
    return try Montage(anatomy: whole, comparing: layers, sharedScale: true, options: options).png()
  }

  /// Places of so many steps that lie evenly, from the first to the last.
  private static func spread(_ count: Int, most: Int) -> [Int] {
    count <= most ? Array(0..<count) : (0..<most).map { $0 * (count - 1) / (most - 1) }
  }

  // MARK: Along covariates

  /// Writes what a study says along a covariate.
  public static func write(_ course: LatentCourse, into writer: ViewWriter) throws(PellucidError) {
    try writer.add(course.mean, role: "course", ending: "_course.nii.gz", description: "mean along a covariate")
    try writer.add(
      course.deviation, role: "course_sd", ending: "_course_sd.nii.gz", description: "uncertainty of the mean")
    let process = course.process
    let points = course.points.flatMap { point in point.means.indices.map { (point, $0) } }
    try writer.add(
      Table([
        .whole("factor", points.map { $0.1 }), .text("covariate", points.map { _ in process.columns[0].name }),
        .text("value", points.map { $0.0.name }), .number("mean", points.map { $0.0.means[$0.1] }),
        .number("sd", points.map { $0.0.deviations[$0.1] }),
        .number("subjects_sd", points.map { process.processes[$0.1]?.noise }),
      ]), role: "course_table", ending: "_course.tsv")
    let factors = Array(process.processes.indices)
    try writer.add(
      Table([
        .whole("factor", factors), .number("explained", process.explained),
        .number("log_likelihood", factors.map { process.processes[$0]?.logLikelihood }),
        .number("variance", factors.map { process.processes[$0]?.kernel.variance }),
        .text("lengths", factors.map { Self.list(process.processes[$0]?.kernel.lengths) }),
        .text("slopes", factors.map { Self.list(process.processes[$0]?.kernel.slopes) }),
        .number("noise", factors.map { process.processes[$0]?.kernel.noise }),
        .whole("subjects", factors.map { _ in process.subjects.count }),
      ]), role: "process", ending: "_process.tsv")
    try writer.add(try picture(course), role: "course_picture", ending: "_course.png")
  }

  private static func list(_ values: [Double]?) -> String? {
    values.map { $0.map { NumberText.significant($0, digits: 6) }.joined(separator: ";") }
  }

  /// What differs at each point from the first one, over the first one's mean.
  private static func picture(_ course: LatentCourse) throws(PellucidError) -> [UInt8] {
    let name = course.process.columns[0].name
    let first = course.mean.channel(alone: 0)
    var options = MontageOptions()
    options.title = "The mean brain along \(name)"
    let text = { (point: CovariateProcess.Point) in
      course.process.columns[0].levels == nil ? NumberText.significant(point.value, digits: 3) : point.name
    }
    options.subtitle = "what differs from \(name) \(text(course.points[0])), as the decoder draws it"
    options.slices = 3
    options.sign = .signed
    let layers = Self.spread(course.points.count, most: 9).dropFirst().map { place -> Montage.Layer in
      var difference = course.mean.channel(alone: place)
      for voxel in difference.voxels.indices { difference.voxels[voxel] -= first.voxels[voxel] }
      return Montage.Layer(difference, name: "\(name) \(text(course.points[place]))", label: "network's units")
    }
    return try Montage(anatomy: first, comparing: layers, sharedScale: true, options: options).png()
  }
}
