import ArgumentParser
import PellucidAtlases
import PellucidFaults
import PellucidFigures
import PellucidTransforms
import PellucidVolumes

/// Where a montage is cut.
struct SliceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Which slices: axial, coronal, sagittal or all.", valueName: "plane"))
  var plane = "all"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Slices a plane, where relevance is (fewer where it reaches over less); even or even:N for N slices over all of the head.",
      valueName: "n|even[:n]"))
  var slices = SliceCount(count: 7, isEven: false)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Where to cut, in mm: the same in every plane, as -30,-18,0, or with axes, as x=-24,z=-16,z=-8 (default: where relevance is).",
      valueName: "mm,…"))
  var at: String?

  @Flag(help: "Glass brains instead: the strongest relevance along each line of sight.")
  var glass = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What is shown: head (its box and 4 mm around), grid (all of the scan), contours (their box and 10 mm around), or a box in mm, as -60,60,-50,20,-40,10 (x, y, z from and to).",
      valueName: "box"))
  var zoom = "head"

  @Option(help: ArgumentHelp("neurological (left is left) or radiological (left is right).", valueName: "side"))
  var convention = "neurological"

  func apply(to options: inout MontageOptions) throws(PellucidError) {
    if plane != "all" {
      guard let wanted = SlicePlane(rawValue: plane) else {
        throw .choice("plane", plane, among: SlicePlane.allCases.map(\.rawValue) + ["all"])
      }
      options.planes = [wanted]
    }
    guard let side = Convention(rawValue: convention) else {
      throw .choice("convention", convention, among: Convention.allCases.map(\.rawValue))
    }
    options.convention = side
    options.slices = slices.count
    if slices.isEven { options.spread = .even }
    options.glass = glass
    try applyPlaces(to: &options)
    try applyZoom(to: &options)
  }

  private func applyPlaces(to options: inout MontageOptions) throws(PellucidError) {
    guard let at else { return }
    if glass { throw .glassHasNoPlaces() }
    let parts = at.split(separator: ",", omittingEmptySubsequences: false)
    let named = parts.count { $0.contains("=") }
    guard !parts.isEmpty, named == 0 || named == parts.count else { throw .positions(at) }
    if named == 0 {
      let positions = parts.compactMap { Double($0) }
      guard positions.count == parts.count, positions.allSatisfy(\.isFinite) else { throw .positions(at) }
      options.positions = positions
      return
    }
    if plane != "all" { throw .axesAndPlane(at, plane: plane) }
    for part in parts {
      let plane = SlicePlane.allCases.first { part.lowercased().hasPrefix("\(["x", "y", "z"][$0.normal])=") }
      guard let plane, let position = Double(part.dropFirst(2)), position.isFinite else { throw .positions(at) }
      if options.cuts.isEmpty { options.planes = [] }
      if options.cuts[plane] == nil { options.planes.append(plane) }
      options.cuts[plane, default: []].append(position)
    }
  }

  private func applyZoom(to options: inout MontageOptions) throws(PellucidError) {
    switch zoom {
    case "head": options.crop = .head
    case "grid": options.crop = .none
    case "contours": options.crop = .regions
    default:
      let ends = zoom.split(separator: ",", omittingEmptySubsequences: false).compactMap { Double($0) }
      guard ends.count == 6, ends.allSatisfy({ $0.isFinite && abs($0) < 1e5 }),
        ends[0] < ends[1], ends[2] < ends[3], ends[4] < ends[5]
      else { throw .zoom(zoom) }
      options.crop = .box(WorldBox(low: [ends[0], ends[2], ends[4]], high: [ends[1], ends[3], ends[5]]))
    }
  }
}

/// How many slices, and whether they lie where relevance is.
struct SliceCount: ExpressibleByArgument {
  let count: Int
  let isEven: Bool

  init(count: Int, isEven: Bool) { (self.count, self.isEven) = (count, isEven) }

  /// `7`, `even` or `even:9`.
  init?(argument: String) {
    if argument == "even" {
      self.init(count: 7, isEven: true)
    } else {
      let isEven = argument.hasPrefix("even:")
      guard let count = Int(isEven ? String(argument.dropFirst(5)) : argument) else { return nil }
      self.init(count: count, isEven: isEven)
    }
  }

  var defaultValueDescription: String { "\(count)" }
}

/// How the maps of a montage become colours.
struct ColourOptions: ParsableArguments {
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Percentile of |R| below which nothing is drawn.", valueName: "percent")
  )
  var threshold = 0.0

  @Option(
    help: ArgumentHelp(
      "Colours, one of \(ColourMap.names.joined(separator: ", ")); _r at the end turns them round (default: frostfire for signed maps, inferno for others).",
      valueName: "name"))
  var colormap: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The value at the end of the colour bar, or those at both ends, as -0.2,0.5; the same for every map (default: the 99.9th percentile of |R|).",
      valueName: "value|low,high"))
  var limits: String?

  @Option(
    help: ArgumentHelp(
      "Several maps: shared (one scale for all) or own (one for each, as for methods of different units).",
      valueName: "which"))
  var scale = "shared"

  @Option(
    help: ArgumentHelp(
      "Directions of the colours: signed (below and above 0), unsigned (above 0 only) or automatic.", valueName: "which"
    ))
  var sign = "automatic"

  @Option(parsing: .unconditional, help: ArgumentHelp("Opacity of strong relevance, 0 to 1.", valueName: "part"))
  var alpha = 0.8

  @Option(help: ArgumentHelp("Between the map's voxels: linear or nearest.", valueName: "how"))
  var interpolation = "linear"

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The volume of 4D maps that is drawn, counted from 0.", valueName: "n"))
  var channel = 0

  func isShared() throws(PellucidError) -> Bool {
    guard ["shared", "own"].contains(scale) else { throw .choice("scale", scale, among: ["shared", "own"]) }
    return scale == "shared"
  }

  func apply(to options: inout MontageOptions) throws(PellucidError) {
    _ = try isShared()
    guard let sign = MontageOptions.Sign(rawValue: sign) else {
      throw .choice("sign", self.sign, among: MontageOptions.Sign.allCases.map(\.rawValue))
    }
    guard let way = SliceSampler.interpolations.first(where: { $0.rawValue == interpolation }) else {
      throw .choice("interpolation", interpolation, among: SliceSampler.interpolations.map(\.rawValue))
    }
    options.sign = sign
    options.interpolation = way
    options.threshold = threshold
    options.alpha = alpha
    options.channel = channel
    if let colormap { options.colourMap = try ColourMap.named(colormap) }
    if let limits { try Self.apply(limits: limits, to: &options) }
  }

  /// `V` or `LOW,HIGH`.
  static func apply(limits: String, to options: inout MontageOptions) throws(PellucidError) {
    let parts = limits.split(separator: ",", omittingEmptySubsequences: false)
    let ends = parts.compactMap { Double($0) }
    guard ends.count == parts.count, (1...2).contains(ends.count), ends.allSatisfy(\.isFinite) else {
      throw .limits(limits)
    }
    if ends.count == 1 {
      guard ends[0] > 0 else { throw .limits(limits) }
      options.limit = ends[0]
    } else {
      guard ends[0] < ends[1] else { throw .limitsReversed(limits) }
      options.range = ends[0]...ends[1]
    }
  }
}

/// The outlines over a montage.
struct ContourOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Outlines of an atlas's regions: all, or those named (or numbered), as aal:Hippocampus_L,Hippocampus_R.",
      valueName: "atlas[:region,…]"))
  var contours: String?

  @Option(
    help: ArgumentHelp(
      "The table of the atlas's regions: index and name, tab-separated (default: beside the image); or freesurfer, neuromorphometrics: the names of these numbers.",
      valueName: "tsv"))
  var labels: String?

  @OptionGroup var placement: AtlasPlacement

  func validate() throws {
    guard contours == nil else { return }
    if let option = ((labels == nil ? [] : ["labels"]) + placement.given).first {
      throw ValidationError("--\(option) needs --contours")
    }
  }

  /// The outlines; that the atlas does not lie on the scan is told on standard error.
  /// - Parameter nan: what becomes of voxels of the atlas, and of displacement fields, that are not finite.
  func load(on anatomy: Volume, file: String, nan: NonFinitePolicy) throws(PellucidError) -> Contours? {
    guard let contours else { return nil }
    let reference = ContourReference(contours, library: AtlasLibrary.standard())
    let transforms = try placement.transforms(nan: nan)
    let atlas = try placement.placed(
      try placement.load(reference.atlas, labels: labels, nan: nan), on: anatomy, by: transforms)
    let check = AlignmentCheck(anatomy, atlas: atlas, transform: transforms.words)
    StandardError.tell(check.warnings, of: file)
    let volume = Volume(
      shape: atlas.image.shape, voxels: atlas.image.labels.map { Float($0) }, affine: atlas.image.affine,
      source: atlas.image.source)
    guard let regions = try reference.named(in: atlas) else { return Contours(of: volume, width: 0.35) }
    var outlines: [Contours.Outline] = []
    for region in regions {
      guard atlas.image.voxelCounts.contains(where: { $0.label == region.index }) else {
        throw .emptyRegion(region.name, atlas: reference.atlas)
      }
      let colour = Contours.palette[outlines.count % Contours.palette.count]
      outlines.append(.init(label: Int(region.index), name: region.name, colour: colour))
    }
    return Contours(of: volume, outlines: outlines)
  }
}
