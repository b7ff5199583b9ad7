import ArgumentParser
import Faults
import Figures
import Files
import Pellucid
import Volumes

struct MontageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "montage", abstract: "Draws slices of a scan, with a map over them.",
    discussion:
      "The picture is a PNG, or an SVG or PDF where the name says so. Left is left unless --convention radiological is given."
  )

  @Argument(help: ArgumentHelp("The anatomy (NIfTI or Analyze).", valueName: "image"))
  var image: String

  @Option(help: ArgumentHelp("The map drawn over it, on any grid of the same world.", valueName: "map"))
  var overlay: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The picture's file.", valueName: "png"))
  var out: String

  @Option(help: ArgumentHelp("axial, coronal, sagittal or all.", valueName: "plane"))
  var plane = "all"

  @Option(help: ArgumentHelp("Slices a plane.", valueName: "n"))
  var slices = 7

  @Option(
    help: ArgumentHelp(
      "Where to cut, in mm, separated by commas, e.g. -30,-18,0 (write --at=-30,…).", valueName: "mm,…"))
  var at: String?

  @Option(help: ArgumentHelp("Percentile of |R| below which nothing is drawn.", valueName: "percent"))
  var threshold = 0.0

  @Option(
    help: ArgumentHelp(
      "Colours, named as in matplotlib: \(ColourMap.names.joined(separator: ", ")).", valueName: "name"))
  var colormap: String?

  @Option(help: ArgumentHelp("Opacity of strong relevance, 0 to 1.", valueName: "part"))
  var alpha = 0.8

  @Option(help: ArgumentHelp("The value at the end of the colour bar (default: from the map).", valueName: "value"))
  var limit: Double?

  @Option(help: ArgumentHelp("neurological (left is left) or radiological.", valueName: "side"))
  var convention = "neurological"

  @Option(help: ArgumentHelp("First line of the picture.", valueName: "text"))
  var title: String?

  func run() throws {
    let options = try montageOptions()
    let anatomy = try Volume(contentsOf: image, nan: .zero)
    let map = try overlay.map { try Volume(contentsOf: $0, nan: .zero) }
    let montage = try Montage(anatomy: anatomy, overlay: map, options: options)
    let ending = out.split(separator: ".").last.map { $0.lowercased() } ?? ""
    try AtomicFile.write(try montage.data(as: FigureFormat(rawValue: ending) ?? .png), to: out)
  }

  private func montageOptions() throws -> MontageOptions {
    var options = MontageOptions()
    if plane != "all" {
      guard let wanted = SlicePlane(rawValue: plane) else {
        throw ValidationError("--plane \(plane) is none of axial, coronal, sagittal, all")
      }
      options.planes = [wanted]
    }
    if let at {
      let positions = at.split(separator: ",").map { Double($0) }
      guard !positions.isEmpty, !positions.contains(nil) else {
        throw ValidationError("--at \(at) is not a list of positions in mm")
      }
      options.positions = positions.compactMap { $0 }
    }
    guard let side = Convention(rawValue: convention) else {
      throw ValidationError("--convention \(convention) is neither neurological nor radiological")
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
