/// What a name in a pickle stands for. Nothing is ever called: each kind says which data its arguments are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A dict, from nothing or from pairs.
    Dict,
    /// A dict whose first argument makes missing values.
    DefaultDict,
    List,
    Tuple,
    Set,
    /// Bytes from bytes, a text or numbers.
    Bytes,
    /// A text that stands for bytes in protocols 0 to 2.
    Encode,
    /// A number of numpy: its type and its bytes.
    NumpyScalar,
    /// A class and what its objects are made with.
    Reconstructor,
    /// An object kept as class, arguments and state.
    Object,
}

/// The kind of a known name; none for everything else, which is refused.
pub(crate) fn kind(module: &str, name: &str) -> Option<Kind> {
    match module {
        "collections" | "__builtin__" | "builtins" | "_codecs" | "copy_reg" | "copyreg" => python(module, name),
        "numpy" | "numpy.core.multiarray" | "numpy._core.multiarray" | "numpy.core.numeric" | "numpy._core.numeric" => {
            numpy(name)
        }
        "torch" | "torch._utils" | "torch.nn.parameter" | "torch.storage" => torch(module, name),
        _ => results(module, name),
    }
}

fn python(module: &str, name: &str) -> Option<Kind> {
    Some(match (module, name) {
        ("collections", "OrderedDict") => Kind::Dict,
        ("collections", "defaultdict") => Kind::DefaultDict,
        ("__builtin__" | "builtins", "dict") => Kind::Dict,
        ("__builtin__" | "builtins", "list") => Kind::List,
        ("__builtin__" | "builtins", "tuple") => Kind::Tuple,
        ("__builtin__" | "builtins", "set" | "frozenset") => Kind::Set,
        ("__builtin__" | "builtins", "bytes" | "bytearray") => Kind::Bytes,
        // As the base of a class, or as what makes the missing values of a dict.
        ("__builtin__" | "builtins", "object" | "int" | "float" | "str" | "bool") => Kind::Object,
        ("_codecs", "encode") => Kind::Encode,
        ("copy_reg" | "copyreg", "_reconstructor" | "__newobj__") => Kind::Reconstructor,
        _ => return None,
    })
}

fn numpy(name: &str) -> Option<Kind> {
    match name {
        "scalar" => Some(Kind::NumpyScalar),
        "_reconstruct" | "ndarray" | "dtype" | "_frombuffer" => Some(Kind::Object),
        _ => None,
    }
}

fn torch(module: &str, name: &str) -> Option<Kind> {
    let known = match module {
        "torch._utils" => matches!(name, "_rebuild_tensor" | "_rebuild_tensor_v2" | "_rebuild_parameter"),
        "torch.nn.parameter" => name == "Parameter",
        "torch.storage" => matches!(name, "TypedStorage" | "UntypedStorage"),
        _ => matches!(name, "Size" | "device") || super::super::torch::storage_width(name).is_some(),
    };
    known.then_some(Kind::Object)
}

/// The classes that the tables' own code writes.
fn results(module: &str, name: &str) -> Option<Kind> {
    let known = match module {
        "nas_201_api"
        | "nas_201_api.api"
        | "nas_201_api.api_utils"
        | "nas_201_api.api_201"
        | "nats_bench"
        | "nats_bench.api_utils" => {
            matches!(name, "ArchResults" | "ResultsCount")
        }
        "api" | "api.api" | "TransNASBench.api" | "TransNASBench.api.api" => name == "ArchResult",
        _ => false,
    };
    known.then_some(Kind::Object)
}
