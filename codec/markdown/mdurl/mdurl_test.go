package mdurl

import "testing"

// TestEncode compares with mdurl.encode and punycode.toASCII, as markdown-it combines them.
func TestEncode(t *testing.T) {
	for s, want := range map[string]string{
		"/a?b=c#d":                  "/a?b=c#d",
		"/a b%20c%2":                "/a%20b%20c%252",
		"http://bücher.example/ü":   "http://xn--bcher-kva.example/%C3%BC",
		"http://日本語。jp":             "http://xn--wgv71a119e.jp",
		"mailto:ä@ö.example":        "mailto:%C3%A4@xn--nda.example",
		"http://xn--ä.example":      "http://xn--xn---ooa.example",
		"http://xn--Bñ.example":     "http://xn--xn--B-sta.example",
		"http://BÜCHER.example/a|b": "http://xn--BCHER-2pa.example/a%7Cb",
	} {
		if got := Encode(s); got != want {
			t.Errorf("%s: %s, want %s", s, got, want)
		}
		if IsEncoded(s) && s != want {
			t.Errorf("%s counts as encoded", s)
		}
	}
}

// TestDecode compares with mdurl.decode and punycode.toUnicode.
func TestDecode(t *testing.T) {
	for s, want := range map[string]string{
		"http://xn--bcher-kva.example/%C3%BC%2F":        "http://bücher.example/ü%2F",
		"http://xn--a-.example":                         "http://a.example",
		"http://xn--zZ-.example":                        "http://zz.example",
		"http://xn--ZxZ-mzc30dx368b8o5y.example":        "http://z😀本иςxz.example",
		"http://xn--ä.example":                          "http://xn--ä.example",
		"/%ff%zz":                                       "/\ufffd%zz",
		"http://a.example/%C3%BC?q=%26&r=%C3%A4#%20%23": "http://a.example/ü?q=%26&r=ä# %23",
	} {
		if got := Decode(s); got != want {
			t.Errorf("%s: %s, want %s", s, got, want)
		}
	}
}
