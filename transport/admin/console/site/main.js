const signedIn = await (await fetch('/console/session')).json()
document.getElementById('main').textContent = JSON.stringify(signedIn)
