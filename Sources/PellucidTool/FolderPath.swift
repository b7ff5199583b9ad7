import ArgumentParser

/// The folder that results are to go to; never without a name, as an unset variable would leave it.
struct FolderPath: ExpressibleByArgument {
  /// As the user gave it.
  let path: String

  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    path = argument
  }

  /// What goes before a file's name.
  var prefix: String { path.hasSuffix("/") ? path : path + "/" }
}
