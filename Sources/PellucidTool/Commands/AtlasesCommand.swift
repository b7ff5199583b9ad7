import ArgumentParser
import Atlases
import Faults
import Reports

struct AtlasesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "atlases", abstract: "Lists the atlases that can be named.",
    discussion: """
      --atlas takes their names. They are looked for in the folders of PELLUCID_ATLASES, beside the program, and in ./atlases and the \
      folders above. Any other label image can be given to --atlas by its path.
      """)

  @Flag(help: "Print JSON.") var json = false

  @OptionGroup var threads: ThreadOption

  func run() throws {
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
