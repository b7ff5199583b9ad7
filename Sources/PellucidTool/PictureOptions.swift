import ArgumentParser
import PellucidFaults
import PellucidFigures
import PellucidFiles
import PellucidVolumes

/// Options of every command that draws.
struct PictureOptions: ParsableArguments {
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The picture's file: .png, .svg or .pdf by its name.", valueName: "png"))
  var out: String

  @Option(parsing: .unconditional, help: ArgumentHelp("First line of the picture.", valueName: "text"))
  var title: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Second line of the picture.", valueName: "text"))
  var subtitle: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("What the numbers of the scale are, with their unit.", valueName: "text"))
  var label: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Dots an inch of the pixels.", valueName: "n"))
  var dpi = 300.0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Width of the page in mm; a journal's column has about 85, its page 180.", valueName: "mm"))
  var width: Double?

  @Option(help: ArgumentHelp("The page: black or white.", valueName: "colour"))
  var background: String?

  /// The page asked for; nil: the default.
  func page() throws(PellucidError) -> MontageOptions.Background? {
    guard let background else { return nil }
    guard let found = MontageOptions.Background(rawValue: background) else {
      throw .choice("background", background, among: MontageOptions.Background.allCases.map(\.rawValue))
    }
    return found
  }

  /// The kind that the file's ending names; PNG for a name without an ending.
  func format() throws(PellucidError) -> FigureFormat {
    let name = out.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return .png }
    let ending = name[name.index(after: dot)...].lowercased()
    guard let format = FigureFormat(rawValue: ending) else { throw .pictureKind(out, ending: ending) }
    return format
  }

  /// Writes a figure.
  func write(_ figure: some Figure) throws(PellucidError) {
    try AtomicFile.write(try figure.data(as: try format()), to: out)
  }
}

/// A file with the name that a picture gives it.
struct NamedFile: Hashable {
  let name: String?
  let path: String

  /// `NAME=PATH`, or a path, which may hold `=` where there is such a file.
  init(_ text: String) {
    if let sign = text.firstIndex(of: "="), sign != text.startIndex, case .absent = FileKind.at(text) {
      name = String(text[..<sign])
      path = String(text[text.index(after: sign)...])
    } else {
      name = nil
      path = text
    }
  }

  /// The name given, or the file's without folders and endings.
  var shown: String {
    if let name { return name }
    let stem = ImageName.stem(of: path)
    return stem.hasSuffix(".tsv") && stem.count > 4 ? String(stem.dropLast(4)) : stem
  }
}
