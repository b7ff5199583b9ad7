internal import CPellucidFrontEnd

/// The front end's files, joined into what a page carries.
///
/// The files are plain modules, so that they can be read and tested one by one. Chrome refuses modules on `file://`: a page carries one
/// classic script, made by putting the modules in order and taking their import lines and the word `export` off.
package enum FrontEnd {
  /// The modules of a scan's page, each behind those that it imports.
  static let scanModules = [
    "dom", "numbers", "grid", "decode", "colours", "clusters", "slices", "words", "summary", "model", "plane", "charts",
    "norms", "tables", "controls", "about", "montage", "theme", "main",
  ]
  /// Those that a served page has besides.
  static let servedModules = ["served"]
  /// Those of a cohort's page.
  static let cohortModules = ["dom", "numbers", "theme", "cohort"]

  /// A file's text.
  /// - Precondition: it is one of the folder's.
  static func text(_ name: String) -> String {
    var count = 0
    guard let start = unsafe pf_file(name, &count) else { preconditionFailure("the front end has no \(name)") }
    return unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  /// One classic script of modules.
  static func script(_ modules: [String]) -> String {
    let lines = modules.flatMap { module in
      text(module + ".mjs").split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.hasPrefix("import ") }
        .map { $0.hasPrefix("export ") ? $0.dropFirst("export ".count) : $0 }
    }
    return "'use strict';\n(() => {\n" + lines.joined(separator: "\n") + "\n})();\n"
  }

  /// A template with its `{{name}}` replaced.
  /// - Precondition: every name that the template holds is given.
  static func filled(_ template: String, _ parts: [String: [UInt8]]) -> [UInt8] {
    var page: [UInt8] = []
    for (place, piece) in text(template).split(separator: "{{", omittingEmptySubsequences: false).enumerated() {
      guard place > 0, let end = piece.firstRange(of: "}}") else {
        page += Array(piece.utf8)
        continue
      }
      guard let part = parts[String(piece[..<end.lowerBound])] else {
        preconditionFailure("the template asks for \(piece[..<end.lowerBound])")
      }
      page += part
      page += Array(piece[end.upperBound...].utf8)
    }
    return page
  }

  /// Text as HTML shows it.
  package static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// JSON that can stand within a script element: nothing in it ends the element or begins a comment.
  package static func embedded(_ json: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(json.utf8.count)
    for byte in json.utf8 {
      if byte == UInt8(ascii: "<") { bytes += Array("\\u003c".utf8) } else { bytes.append(byte) }
    }
    return bytes
  }
}
