import ArgumentParser
import Faults
import Figures
import Files
import Pellucid
import Volumes

struct MontageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "montage", abstract: "Draws slices of a scan, with a map over them.",
    discussion: """
      For example:

        pellucid montage patient.nii.gz --overlay results/patient_lrp.nii.gz \\
          --plane axial --at -20,-14,-8 --out hippocampi.png

      The picture is a PNG, or an SVG or PDF where the name says so. Slices are cut where relevance is, unless --at says where.
      """)

  @Argument(help: ArgumentHelp("The anatomy (NIfTI or Analyze).", valueName: "image"))
  var image: String

  @Option(help: ArgumentHelp("The map drawn over it, on any grid of the same world.", valueName: "map"))
  var overlay: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The picture's file.", valueName: "png"))
  var out: String

  @Option(help: ArgumentHelp("Which slices: axial, coronal, sagittal or all.", valueName: "plane"))
  var plane = "all"

  @Option(parsing: .unconditional, help: ArgumentHelp("Slices a plane.", valueName: "n"))
  var slices = 7

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Where to cut, in mm, the same in every plane, e.g. -30,-18,0 (default: where relevance is).", valueName: "mm,…"))
  var at: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Percentile of |R| below which nothing is drawn.", valueName: "percent")
  )
  var threshold = 0.0

  @Option(
    help: ArgumentHelp(
      "Colours, one of \(ColourMap.names.joined(separator: ", ")); _r at the end turns them round (default: frostfire for signed maps, inferno for others).",
      valueName: "name"))
  var colormap: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Opacity of strong relevance, 0 to 1.", valueName: "part"))
  var alpha = 0.8

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The value at the end of the colour bar (default: the 99.9th percentile of |R|).", valueName: "value"))
  var limit: Double?

  @Option(help: ArgumentHelp("neurological (left is left) or radiological (left is right).", valueName: "side"))
  var convention = "neurological"

  @Option(parsing: .unconditional, help: ArgumentHelp("First line of the picture.", valueName: "text"))
  var title: String?

  @OptionGroup var threads: ThreadOption

  func run() throws {
    threads.apply()
    let options = try montageOptions()
    let format = try pictureFormat()
    let anatomy = try Volume(contentsOf: image, nan: .zero)
    let map = try overlay.map { try Volume(contentsOf: $0, nan: .zero) }
    try checkPlaces(anatomy, map, options)
    let montage = try Montage(anatomy: anatomy, overlay: map, options: options)
    try AtomicFile.write(try montage.data(as: format), to: out)
  }

  /// The kind that the file's ending names; PNG for a name without an ending.
  private func pictureFormat() throws(PellucidError) -> FigureFormat {
    let name = out.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return .png }
    let ending = name[name.index(after: dot)...].lowercased()
    guard let format = FigureFormat(rawValue: ending) else { throw .pictureKind(out, ending: ending) }
    return format
  }

  /// Map and slices must lie where the image is; a picture without them would look as if there were no relevance.
  private func checkPlaces(_ anatomy: Volume, _ map: Volume?, _ options: MontageOptions) throws(PellucidError) {
    let box = WorldBox(around: anatomy.shape, affine: anatomy.affine)
    if let map, let overlay {
      let other = WorldBox(around: map.shape, affine: map.affine)
      guard (0..<3).allSatisfy({ other.low[$0] < box.high[$0] && box.low[$0] < other.high[$0] }) else {
        throw .overlayElsewhere(
          overlay, spans: Self.spans(other, 0..<3), image: image, imageSpans: Self.spans(box, 0..<3))
      }
    }
    for position in options.positions ?? [] {
      // axial slices are cut along z, coronal ones along y, sagittal ones along x
      let axes = options.planes.map { $0 == .axial ? 2 : $0 == .coronal ? 1 : 0 }
      guard axes.contains(where: { box.low[$0] <= position && position <= box.high[$0] }) else {
        throw .positionOutside(position, file: image, spans: Self.spans(box, axes.sorted()))
      }
    }
  }

  private static func spans(_ box: WorldBox, _ axes: some Sequence<Int>) -> String {
    axes.map { "\(["x", "y", "z"][$0]) \(Int(box.low[$0].rounded())) to \(Int(box.high[$0].rounded()))" }.joined(
      separator: ", ") + " mm"
  }

  private func montageOptions() throws -> MontageOptions {
    var options = MontageOptions()
    if plane != "all" {
      guard let wanted = SlicePlane(rawValue: plane) else {
        throw PellucidError.choice("plane", plane, among: SlicePlane.allCases.map(\.rawValue) + ["all"])
      }
      options.planes = [wanted]
    }
    if let at {
      let positions = at.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
      guard !positions.isEmpty, !positions.contains(where: { $0?.isFinite != true }) else {
        throw PellucidError.positions(at)
      }
      options.positions = positions.compactMap { $0 }
    }
    guard let side = Convention(rawValue: convention) else {
      throw PellucidError.choice("convention", convention, among: Convention.allCases.map(\.rawValue))
    }
    options.convention = side
    options.slices = slices
    options.threshold = threshold
    options.alpha = alpha
    options.limit = limit
    options.title = title
    options.colourMap = try colormap.map { try ColourMap.named($0) }
    return options
  }
}
