import type { Order, Product } from './api-client.ts';
import { type Html, html } from './html.ts';
import { money } from './layout.ts';

export interface BasketLine {
  product: Product;
  quantity: number;
}

export function productList(title: string, products: Product[], total: number): Html {
  return html`<h1>${title}</h1>
    <p role="status">${total === 1 ? '1 product' : `${total} products`}</p>
    <ul class="grid">${products.map(
      (product) => html`<li class="card">
        <a href="/products/${product.slug}">${product.name}</a>
        <p>${product.description}</p>
        <p class="price">${money(product.priceCents)}</p>
      </li>`,
    )}</ul>`;
}

export function productPage(product: Product): Html {
  return html`<h1>${product.name}</h1>
    <p>${product.description}</p>
    <p class="price">${money(product.priceCents)}</p>
    <p>${product.stock > 0 ? 'In stock' : 'Sold out'}</p>
    <form method="post" action="/basket">
      <input type="hidden" name="slug" value="${product.slug}">
      <button>Add to basket</button>
    </form>`;
}

export function basketPage(lines: BasketLine[]): Html {
  if (lines.length === 0) return html`<h1>Basket</h1><p>Your basket is empty.</p>`;
  return html`<h1>Basket</h1>
    <table>
      <thead><tr><th>Product</th><th>Quantity</th><th>Price</th><th></th></tr></thead>
      <tbody>${lines.map(
        ({ product, quantity }) => html`<tr>
          <td><a href="/products/${product.slug}">${product.name}</a></td>
          <td>${quantity}</td>
          <td>${money(product.priceCents * quantity)}</td>
          <td><form method="post" action="/basket/remove">
            <input type="hidden" name="slug" value="${product.slug}">
            <button class="plain" aria-label="Remove ${product.name}">Remove</button>
          </form></td>
        </tr>`,
      )}</tbody>
    </table>
    <p class="price">Total ${money(totalOf(lines))}</p>
    <p><a class="button" href="/checkout">Check out</a></p>`;
}

export function checkoutPage(lines: BasketLine[], customer: string, address: string, problems: string[]): Html {
  return html`<h1>Check out</h1>
    ${noticeOf('Your order could not be placed.', problems)}
    <p class="price">Total ${money(totalOf(lines))}</p>
    <form class="fields" method="post" action="/checkout">
      <label>Name <input name="customer" required value="${customer}"></label>
      <label>Address <input name="address" required value="${address}"></label>
      <button>Place order</button>
    </form>`;
}

export function orderPage(order: Order): Html {
  return html`<h1>Thank you, ${order.customer}</h1>
    <p>Your order <strong data-testid="order-id">${order.id}</strong> is on its way to ${order.address}.</p>
    <ul>${order.items.map(
      (item) => html`<li>${item.quantity} × ${item.name}, ${money(item.priceCents * item.quantity)}</li>`,
    )}</ul>
    <p class="price">Total ${money(order.totalCents)}</p>`;
}

export function loginPage(problems: string[]): Html {
  return html`<h1>Log in</h1>
    ${noticeOf('We could not log you in.', problems)}
    <form class="fields" method="post" action="/login">
      <label>Name <input name="name" required maxlength="80" autocomplete="username"></label>
      <button>Log in</button>
    </form>`;
}

export function messagePage(title: string, text: string): Html {
  return html`<h1>${title}</h1><p>${text}</p>`;
}

function noticeOf(title: string, problems: string[]): Html | null {
  if (problems.length === 0) return null;
  return html`<div class="notice" role="alert"><strong>${title}</strong>
    <ul>${problems.map((problem) => html`<li>${problem}</li>`)}</ul></div>`;
}

function totalOf(lines: BasketLine[]): number {
  return lines.reduce((sum, { product, quantity }) => sum + product.priceCents * quantity, 0);
}
