import gzip

import pytest

from bot.channels.pages import WIDGET, static_files
from bot.channels.script import one_script


def write(folder, **modules):
    for name, source in modules.items():
        (folder / f"{name}.js").write_text(source)
    return folder


def test_what_a_module_needs_comes_before_it_and_once(tmp_path):
    write(
        tmp_path,
        element='import { a } from "./one.js";\nimport { b } from "./two.js";\na(b);\n',
        one='import { b } from "./two.js";\nexport function a() {\n  return b;\n}\n',
        two="// Why.\nexport const b = 1;\n",
    )
    assert one_script(tmp_path) == (
        "(()=>{\nconst b = 1;\nfunction a() {\nreturn b;\n}\na(b);})();"
    )


def test_two_modules_may_not_share_a_name(tmp_path):
    write(
        tmp_path,
        element='import { a } from "./one.js";\nconst same = 1;\n',
        one="const same = 2;\nexport const a = same;\n",
    )
    with pytest.raises(ValueError, match=r"one\.js and element\.js both define same"):
        one_script(tmp_path)


@pytest.mark.parametrize(
    "line", ['import x from "./one.js";', "export default 1;", 'export * from "./one.js";']
)
def test_other_imports_and_exports_are_refused(tmp_path, line):
    write(tmp_path, element=line + "\n", one="")
    with pytest.raises(ValueError, match=r"element\.js has an import or export"):
        one_script(tmp_path)


def test_everything_a_host_page_loads_is_small():
    files = static_files()
    size = sum(len(files[name].compressed) for name in ("widget.js", "chat.js"))
    assert size <= 25 * 1024
    assert gzip.decompress(files["chat.js"].compressed) == files["chat.js"].content


def test_the_modules_can_be_put_together():
    script = one_script(WIDGET / "static")
    assert script.count("customElements.define(") == 1
    assert "export " not in script and "\nimport " not in script
